import { createHmac, timingSafeEqual } from 'node:crypto'
import { DomainError } from './errors'

/** The last row of a page: its sort value, and its id as the tie-breaker. */
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

export interface PageInfo {
  limit: number
  has_more: boolean
  next_cursor: string | null
  offset?: number
  total?: number
  total_capped?: true
}

/** Totals above this are capped, because counting a million rows takes longer than reading the page. */
export const MAX_TOTAL = 100_000

export type Cursors = ReturnType<typeof createCursors>

/** Opaque cursors, signed so that they are valid only for one list, app and sort order. */
export function createCursors(secret: string) {
  const sign = (scope: string, body: string) =>
    createHmac('sha256', `cursor:${secret}`).update(`${scope}\n${body}`).digest().subarray(0, 12)

  return {
    encode(scope: string, { value, id }: Position): string {
      const body = JSON.stringify([value, id])
      return Buffer.concat([sign(scope, body), Buffer.from(body)]).toString('base64url')
    },
    /** @throws DomainError cursor_invalid (422) for a modified cursor or a cursor of another list. */
    decode(scope: string, cursor: string): Position {
      const bytes = Buffer.from(cursor, 'base64url')
      const body = bytes.subarray(12).toString()
      // The decoder ignores invalid characters, so accept only the exact encoding we issued.
      const isOurs = bytes.length > 12 && bytes.toString('base64url') === cursor
      if (!isOurs || !timingSafeEqual(bytes.subarray(0, 12), sign(scope, body)))
        throw new DomainError('cursor_invalid', 'Invalid cursor for this list. Start again from the first page.')
      const [value, id] = JSON.parse(body) as [string | number, string]
      return { value, id }
    },
  }
}

/** Rows of a page. If `stoppedAt` is set, the list may continue after it, even if the page has fewer rows than the limit. */
export interface PartialPage<Row> {
  rows: Row[]
  stoppedAt: Position | null
}

/**
 * Reads one row more than requested, to detect whether there is a next page.
 * @param count returns the number of rows; it may stop counting at `MAX_TOTAL` + 1.
 * @param read reads the rows of a page; `after` is null for the first page and with `offset`.
 */
export async function paginate<Row>(
  cursors: Cursors,
  scope: string,
  page: PageRequest,
  read: (limit: number, after: Position | null, offset: number) => Promise<Row[] | PartialPage<Row>>,
  positionOf: (row: Row) => Position,
  count: () => Promise<number | { count: number; isCapped: boolean }>,
): Promise<{ rows: Row[]; pagination: PageInfo }> {
  const after = page.cursor ? cursors.decode(scope, page.cursor) : null
  const answer = await read(page.limit + 1, after, after ? 0 : (page.offset ?? 0))
  const { rows: found, stoppedAt } = Array.isArray(answer) ? { rows: answer, stoppedAt: null } : answer
  const rows = found.slice(0, page.limit)
  const last = rows.at(-1)
  const next = found.length > page.limit && last ? positionOf(last) : stoppedAt
  return {
    rows,
    pagination: {
      limit: page.limit,
      has_more: next !== null,
      next_cursor: next && cursors.encode(scope, next),
      ...(page.offset === undefined ? {} : { offset: page.offset }),
      ...(page.includeTotal ? toTotal(await count()) : {}),
    },
  }
}

function toTotal(counted: number | { count: number; isCapped: boolean }): Pick<PageInfo, 'total' | 'total_capped'> {
  const { count, isCapped } = typeof counted === 'number' ? { count: counted, isCapped: counted > MAX_TOTAL } : counted
  return isCapped ? { total: Math.min(count, MAX_TOTAL), total_capped: true } : { total: count }
}

/** A page of a list that is completely in memory, ordered by id. */
export function paginateList<Row>(
  cursors: Cursors,
  scope: string,
  page: PageRequest,
  rows: Row[],
  idOf: (row: Row) => string,
): Promise<{ rows: Row[]; pagination: PageInfo }> {
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
