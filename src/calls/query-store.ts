import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { CallStatus } from '../lib/call-status'
import type { Position } from '../lib/cursor'
import type { CallRow } from './store'

export interface CallCriteria {
  statuses?: CallStatus[] | undefined
  direction?: 'inbound' | 'outbound' | undefined
  externalNumber?: string | undefined
  fromNumber?: string | undefined
  toNumber?: string | undefined
  /** Dialpad users, one of whom the call must be of. */
  dialpadUserIds?: number[] | undefined
  customer?: { id: string; phones: string[] } | undefined
  jobId?: string | undefined
  conversationId?: string | undefined
  startedAfter?: number | undefined
  startedBefore?: number | undefined
}

export interface CallOrder {
  by: 'started_at' | 'duration_seconds'
  descending: boolean
}

export type CallQueryStore = ReturnType<typeof createCallQueryStore>

/** What clients read of calls; each query is limited to one app. */
export function createCallQueryStore({ tables: { calls, callStates } }: Database) {
  const matching = (appId: string, c: CallCriteria) =>
    and(
      eq(calls.appId, appId),
      c.statuses && inArray(calls.status, c.statuses),
      c.direction && eq(calls.direction, c.direction),
      c.externalNumber === undefined ? undefined : eq(calls.externalNumber, c.externalNumber),
      c.fromNumber === undefined ? undefined : eq(calls.fromNumber, c.fromNumber),
      c.toNumber === undefined ? undefined : eq(calls.toNumber, c.toNumber),
      c.dialpadUserIds && inArray(calls.dialpadUserId, c.dialpadUserIds),
      c.customer && ofCustomer(c.customer),
      c.jobId === undefined ? undefined : eq(calls.jobId, c.jobId),
      c.conversationId === undefined ? undefined : eq(calls.conversationId, c.conversationId),
      c.startedAfter === undefined ? undefined : gte(calls.startedAt, c.startedAfter),
      c.startedBefore === undefined ? undefined : lt(calls.startedAt, c.startedBefore),
    )
  /** A call that names no customer belongs to the one whose number it has. */
  const ofCustomer = ({ id, phones }: { id: string; phones: string[] }) =>
    or(eq(calls.customerId, id), and(isNull(calls.customerId), inArray(calls.externalNumber, phones)))

  // NULLs sort differently on the two databases: a call without a duration counts as shorter than any.
  const sortValue = ({ by }: CallOrder): SQL<number> =>
    by === 'started_at' ? sql`${calls.startedAt}` : sql`coalesce(${calls.durationSeconds}, -1)`

  return {
    page: async (
      q: Queries,
      appId: string,
      criteria: CallCriteria,
      order: CallOrder,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<CallRow[]> => {
      const value = sortValue(order)
      const [beyond, direction] = order.descending ? [lt, desc] : [gt, asc]
      const rest = after && or(beyond(value, after.value), and(eq(value, after.value), beyond(calls.id, after.id)))
      return q
        .select()
        .from(calls)
        .where(and(matching(appId, criteria), rest ?? undefined))
        .orderBy(direction(value), direction(calls.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: CallCriteria) => q.$count(calls, matching(appId, criteria)),
    async byId(q: Queries, appId: string, id: string): Promise<CallRow | null> {
      return (
        (
          await q
            .select()
            .from(calls)
            .where(and(eq(calls.appId, appId), eq(calls.id, id)))
        )[0] ?? null
      )
    },
    async byDialpadId(q: Queries, appId: string, dialpadCallId: number): Promise<CallRow | null> {
      const wanted = and(eq(calls.appId, appId), eq(calls.dialpadCallId, dialpadCallId))
      return (await q.select().from(calls).where(wanted))[0] ?? null
    },
    /** The states heard of the calls, by Dialpad's clock. */
    timeline: async (q: Queries, callIds: string[]) =>
      q
        .select()
        .from(callStates)
        .where(inArray(callStates.callId, callIds))
        .orderBy(asc(callStates.at), asc(callStates.callId)),
  }
}

export const positionOf = (row: CallRow, order: CallOrder): Position => ({
  value: order.by === 'started_at' ? row.startedAt : (row.durationSeconds ?? -1),
  id: row.id,
})
