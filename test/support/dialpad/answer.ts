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

const NUMBER_AS_STRING = /^(id|.*_id|date_.*|event_timestamp|start_time)$/

/** An answer of the REST API, which writes 64-bit integers as strings (deliveries write them as numbers). */
export function answer(body: unknown): Response {
  return new Response(
    JSON.stringify(body, (key, value) =>
      typeof value === 'number' && NUMBER_AS_STRING.test(key) ? String(value) : value,
    ),
    { headers: { 'content-type': 'application/json; charset=UTF-8' } },
  )
}

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
