/** A compact JWS has three base64url parts, which JSON never has. */
export const isCompactJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)

/** Returns the JSON text of a verified body: the payload of a JWT, or the body itself. */
export function decodeBody(body: string): string {
  if (!isCompactJwt(body)) return body
  const [, payload = ''] = body.split('.')
  return Buffer.from(payload, 'base64url').toString('utf8')
}
