import { createHmac, timingSafeEqual } from 'node:crypto'
import { DomainError } from '../lib/errors'
import { isCompactJwt } from '../payload/body'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Verifies that a body is signed with one of the secrets and returns its JSON text. Ignores the Content-Type:
 * accepts a compact JWT (HS256 only), or JSON with an HMAC-SHA256 of its raw bytes in `x-dialpad-signature`.
 * @throws DomainError signature_invalid (401) or body_malformed (400).
 */
export function verifyBody(
  body: Uint8Array,
  signature: string | null,
  secrets: string[],
  hmacAllowed: boolean,
): { raw: string; json: string } {
  const raw = unquoted(readText(body).trim())
  if (raw === '') throw new DomainError('body_malformed', 'The body is empty.')
  if (isCompactJwt(raw)) return { raw, json: verifyJwt(raw, secrets) }
  if (!/^[{[]/.test(raw)) throw new DomainError('body_malformed', 'The body is neither a compact JWT nor JSON.')
  if (!hmacAllowed) throw new DomainError('signature_invalid', 'The body must be a JWT.')
  if (!signature) throw new DomainError('signature_invalid', 'A JSON body requires the header x-dialpad-signature.')
  if (!secrets.some((secret) => hmacMatches(body, signature, secret)))
    throw new DomainError('signature_invalid', 'x-dialpad-signature does not match the body.')
  return { raw, json: raw }
}

/** Some senders wrap the JWT in a JSON string. */
const unquoted = (text: string): string => (/^"[\w.-]+"$/.test(text) ? text.slice(1, -1) : text)

/** Cache of JWS headers already checked: Dialpad always sends the same one. */
const readHeaders = new Map<string, boolean>()
const MAX_READ_HEADERS = 100

function verifyJwt(jwt: string, secrets: string[]): string {
  const dot = jwt.lastIndexOf('.')
  const header = jwt.slice(0, jwt.indexOf('.'))
  const given = Buffer.from(jwt.slice(dot + 1), 'base64url')
  const input = jwt.slice(0, dot)
  const signed = (secret: string) => {
    const expected = createHmac('sha256', secret).update(input).digest()
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  if (!isHs256(header) || !secrets.some(signed))
    throw new DomainError('signature_invalid', 'The JWT is not signed with the secret of this webhook (HS256).')
  return readText(Buffer.from(jwt.slice(header.length + 1, dot), 'base64url'))
}

/** Whether a JWS header requires HS256 and no critical extension. */
function isHs256(header: string): boolean {
  const known = readHeaders.get(header)
  if (known !== undefined) return known
  let result = false
  try {
    const { alg, crit } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: unknown; crit?: unknown }
    result = alg === 'HS256' && crit === undefined
  } catch {
    // Not a JWS header.
  }
  if (readHeaders.size < MAX_READ_HEADERS) readHeaders.set(header, result)
  return result
}

/** Accepts hex or base64, with or without `sha256=`, and compares each in constant time. */
function hmacMatches(body: Uint8Array, signature: string, secret: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest()
  const given = signature.trim().replace(/^sha256=/i, '')
  const bytes = /^[0-9a-f]{64}$/i.test(given) ? Buffer.from(given, 'hex') : Buffer.from(given, 'base64')
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}

function readText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new DomainError('body_malformed', 'The body is not UTF-8.', { cause: error })
  }
}
