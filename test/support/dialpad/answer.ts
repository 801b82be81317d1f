/** A refusal in the form Dialpad's API gives it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message)
  }
}

export const refusal = ({ status, message, headers }: Refused): Response =>
  Response.json({ error: { code: status, errors: [{ domain: 'global', message }], message } }, { status, headers })

/** An answer of the REST API. @param body with 64-bit integers as Dialpad answers them: `int64`. */
export const answer = (body: unknown): Response =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json; charset=UTF-8' } })

/** REST answers have 64-bit integers as strings; deliveries have them as numbers. */
export const int64 = (value: number | null): string | null => (value === null ? null : String(value))

/** One page of a list; `items` is null, not empty, when there is none, as Dialpad may answer. */
export function page<T>(all: T[], cursor: string | undefined, size: number, shape: (item: T) => unknown): Response {
  const from = cursor ? Number(Buffer.from(cursor, 'base64url').toString()) : 0
  if (!Number.isSafeInteger(from)) throw new Refused(400, 'Invalid cursor')
  const items = all.slice(from, from + size)
  const more = from + size < all.length
  return answer({
    items: items.length === 0 ? null : items.map(shape),
    ...(more ? { cursor: Buffer.from(String(from + size)).toString('base64url') } : {}),
  })
}
