const KEPT_BYTES = 1024
/** An answer this small is read to its end, so that its connection serves the next delivery. */
const DRAINED_BYTES = 64 * 1024
const TIMEOUT_MS = 1000

/**
 * The first 1 KiB of an answer's body as text, whatever it is. An answer that goes on for longer, in bytes or in time, is
 * cut off; one that breaks off gives what came.
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
    // The connection broke: what came is what there is.
  } finally {
    clearTimeout(timer)
  }
  if (bytes >= DRAINED_BYTES) void reader.cancel().catch(() => {})
  // Postgres stores no NUL.
  return new TextDecoder().decode(Buffer.concat(kept)).replaceAll('\0', '')
}
