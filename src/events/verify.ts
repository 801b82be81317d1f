import { createHmac, timingSafeEqual } from 'node:crypto'
import { compactVerify, errors } from 'jose'
import { DomainError } from '../lib/errors'
import { isCompactJwt } from '../payload/body'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Proves that a body was signed with one of the secrets and gives its JSON text. The body is sniffed, not its Content-Type:
 * a compact JWT (HS256 alone), or JSON with an HMAC-SHA256 of its raw bytes in `x-dialpad-signature`.
 * @throws DomainError signature_invalid (401) or body_malformed (400).
 */
export async function verifyBody(
  body: Uint8Array,
  signature: string | null,
  secrets: string[],
  hmacAllowed: boolean,
): Promise<{ raw: string; json: string }> {
  const raw = readText(body).trim()
  if (raw === '') throw new DomainError('body_malformed', 'The body is empty.')
  if (isCompactJwt(raw)) return { raw, json: await verifyJwt(raw, secrets) }
  if (!/^[{[]/.test(raw)) throw new DomainError('body_malformed', 'The body is neither a compact JWT nor JSON.')
  if (!hmacAllowed) throw new DomainError('signature_invalid', 'Only JWT bodies are accepted here.')
  if (!signature) throw new DomainError('signature_invalid', 'A JSON body needs x-dialpad-signature.')
  if (!secrets.some((secret) => hmacMatches(body, signature, secret)))
    throw new DomainError('signature_invalid', 'x-dialpad-signature does not match the body.')
  return { raw, json: raw }
}

async function verifyJwt(jwt: string, secrets: string[]): Promise<string> {
  for (const secret of secrets) {
    try {
      const { payload } = await compactVerify(jwt, new TextEncoder().encode(secret), { algorithms: ['HS256'] })
      return readText(payload)
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
    }
  }
  throw new DomainError('signature_invalid', 'The JWT is not signed with the secret of this webhook (HS256).')
}

/** Hex or base64, with or without `sha256=`; every form is compared in constant time. */
function hmacMatches(body: Uint8Array, signature: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest()
  const given = signature.trim().replace(/^sha256=/i, '')
  const bytes = /^[0-9a-f]{64}$/i.test(given) ? Buffer.from(given, 'hex') : Buffer.from(given, 'base64')
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}

function readText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new DomainError('body_malformed', 'The body is not UTF-8.')
  }
}
