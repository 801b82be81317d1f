import { type Column, inArray, notInArray, type SQL, sql } from 'drizzle-orm'
import { OPEN_STATUSES } from '../lib/call-status'

/**
 * Terms shared by indexes on calls and the queries that use them. A database uses such an index only for a query with
 * exactly the same term, so the values are literals and not placeholders.
 */
const openStatusLiterals = () => OPEN_STATUSES.map((status) => sql.raw(`'${status}'`))

export const isOpenStatus = (status: Column): SQL => inArray(status, openStatusLiterals())
export const hasUnknownEnd = (endReason: Column): SQL => sql`${endReason} = 'unknown'`
export const isOverStatus = (status: Column): SQL => notInArray(status, openStatusLiterals())

/** The two databases sort NULL differently, so a call without a duration sorts as -1. */
export const durationOrNone = (duration: Column): SQL =>
  sql`(case when ${duration} is null then -1 else ${duration} end)`
