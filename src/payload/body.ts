/** A compact JWS is three base64url parts; JSON never is. */
export const isCompactJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)

/** The JSON text in a body that was verified when it came: the JWT's payload, or the body itself. */
export function decodeBody(body: string): string {
  if (!isCompactJwt(body)) return body
  return Buffer.from(body.split('.')[1]!, 'base64url').toString('utf8')
}
