const KEPT_BYTES = 1024
/** A response up to this size is read to its end, so that the next delivery can reuse its connection. */
const DRAINED_BYTES = 64 * 1024
const TIMEOUT_MS = 1000

/**
 * Returns the first 1 KiB of a response body as text. A larger or slower response is
 * cut off. If the connection breaks, returns what arrived.
 */
export async function readBeginning({ body }: Response): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  // A canceled read resolves as if the body had ended.
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), TIMEOUT_MS)
  const kept: Uint8Array[] = []
  let bytes = 0
  try {
    while (bytes < DRAINED_BYTES) {
      const { done, value } = await reader.read()
      if (done) break
      if (bytes < KEPT_BYTES) kept.push(value.subarray(0, KEPT_BYTES - bytes))
      bytes += value.byteLength
    }
  } catch {
    // The connection broke. Return what arrived.
  } finally {
    clearTimeout(timer)
  }
  if (bytes >= DRAINED_BYTES) void reader.cancel().catch(() => {})
  // Postgres cannot store NUL.
  return new TextDecoder().decode(Buffer.concat(kept)).replaceAll('\0', '')
}
