import { type Column, inArray, notInArray, type SQL, sql } from 'drizzle-orm'
import { OPEN_STATUSES } from '../lib/call-status'

/**
 * Terms that stand in indexes on calls and in the queries that use them. A database takes such an index only for a query
 * with the same term, written out: a placeholder could be anything.
 */
const written = () => OPEN_STATUSES.map((status) => sql.raw(`'${status}'`))

export const isOpenStatus = (status: Column): SQL => inArray(status, written())
export const hasUnknownEnd = (endReason: Column): SQL => sql`${endReason} = 'unknown'`
export const isOverStatus = (status: Column): SQL => notInArray(status, written())

/** NULLs sort differently on the two databases: a call without a duration counts as shorter than any. */
export const durationOrNone = (duration: Column): SQL =>
  sql`(case when ${duration} is null then -1 else ${duration} end)`
