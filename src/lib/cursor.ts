import { createHmac, timingSafeEqual } from 'node:crypto'
import { DomainError } from './errors'

/** Where a page ended: the sort value and the id that settles equal ones. */
export interface Position {
  value: string | number
  id: string
}

export interface PageRequest {
  limit: number
  cursor?: string | undefined
  offset?: number | undefined
  includeTotal?: boolean | undefined
}

export interface Pagination {
  limit: number
  has_more: boolean
  next_cursor: string | null
  offset?: number
  total?: number
  total_capped?: true
}

/** How far a total is counted exactly: counting a million rows would take longer than reading the page. */
export const MAX_TOTAL = 100_000

export type Cursors = ReturnType<typeof createCursors>

/** Opaque cursors, signed so that they work only for the list, app and sort they were made for. */
export function createCursors(secret: string) {
  const sign = (scope: string, body: string) =>
    createHmac('sha256', `cursor:${secret}`).update(`${scope}\n${body}`).digest().subarray(0, 12)

  return {
    encode(scope: string, { value, id }: Position): string {
      const body = JSON.stringify([value, id])
      return Buffer.concat([sign(scope, body), Buffer.from(body)]).toString('base64url')
    },
    /** @throws DomainError cursor_invalid (422) for one that was altered or made for something else. */
    decode(scope: string, cursor: string): Position {
      const bytes = Buffer.from(cursor, 'base64url')
      const body = bytes.subarray(12).toString()
      // The decoder passes over what is no base64url, so only the one spelling we gave out is taken.
      const isOurs = bytes.length > 12 && bytes.toString('base64url') === cursor
      if (!isOurs || !timingSafeEqual(bytes.subarray(0, 12), sign(scope, body)))
        throw new DomainError(
          'cursor_invalid',
          'The cursor was altered or belongs to another list; start from the first page.',
        )
      const [value, id] = JSON.parse(body) as [string | number, string]
      return { value, id }
    },
  }
}

/**
 * Reads one row more than asked for to learn whether there are more.
 * @param count how many rows there are; it may stop at one more than `MAX_TOTAL`.
 * @param read the rows of a page; `after` is null for the first page or when `offset` is used.
 */
export async function paginate<Row>(
  cursors: Cursors,
  scope: string,
  page: PageRequest,
  read: (limit: number, after: Position | null, offset: number) => Promise<Row[]>,
  positionOf: (row: Row) => Position,
  count: () => Promise<number>,
): Promise<{ rows: Row[]; pagination: Pagination }> {
  const after = page.cursor ? cursors.decode(scope, page.cursor) : null
  const found = await read(page.limit + 1, after, after ? 0 : (page.offset ?? 0))
  const rows = found.slice(0, page.limit)
  const has_more = found.length > page.limit
  const last = rows.at(-1)
  return {
    rows,
    pagination: {
      limit: page.limit,
      has_more,
      next_cursor: has_more && last ? cursors.encode(scope, positionOf(last)) : null,
      ...(page.offset === undefined ? {} : { offset: page.offset }),
      ...(page.includeTotal ? toTotal(await count()) : {}),
    },
  }
}

const toTotal = (count: number): Pick<Pagination, 'total' | 'total_capped'> =>
  count > MAX_TOTAL ? { total: MAX_TOTAL, total_capped: true } : { total: count }

/** A page of a short list that is at hand as a whole, in the order of its ids. */
export function paginateList<Row>(
  cursors: Cursors,
  scope: string,
  page: PageRequest,
  rows: Row[],
  idOf: (row: Row) => string,
): Promise<{ rows: Row[]; pagination: Pagination }> {
  const sorted = rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  return paginate(
    cursors,
    scope,
    page,
    async (limit, after, offset) =>
      (after ? sorted.filter((row) => idOf(row) > after.id) : sorted.slice(offset)).slice(0, limit),
    (row) => ({ value: 0, id: idOf(row) }),
    async () => sorted.length,
  )
}
