import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import { durationOrNone, isOpenStatus, isOverStatus } from '../db/call-sql'
import type { Database, Queries } from '../db/database'
import { createPreparedQueries, fillList, named, placeholders, sizeFor } from '../db/prepared'
import { type CallStatus, isOpen } from '../lib/call-status'
import { MAX_TOTAL, type Position } from '../lib/cursor'
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
  updatedAfter?: number | undefined
  /** A pattern of LIKE, escaped by `\`. */
  text?: string | undefined
}

export interface CallOrder {
  by: 'started_at' | 'duration_seconds'
  descending: boolean
}

export type CallQueryStore = ReturnType<typeof createCallQueryStore>

/** What clients read of calls; each query is limited to one app, and built once per kind of filter. */
export function createCallQueryStore({ tables: { calls, callStates }, prepare }: Database) {
  const prepared = createPreparedQueries<CallRow>()
  const counts = createPreparedQueries<{ count: number }>()
  const ofApp = eq(calls.appId, sql.placeholder('appId'))
  const all = (build: Queries) => build.select(named(calls)).from(calls)
  const one = (condition: SQL) => prepare<CallRow>((build) => all(build).where(and(ofApp, condition)))
  const byId = one(eq(calls.id, sql.placeholder('id')))
  const byDialpadId = one(eq(calls.dialpadCallId, sql.placeholder('dialpadCallId')))
  const timelines = createPreparedQueries<{ callId: string; state: string; at: number }>()

  /** Terms that stand in a query when the filter names them. */
  const TERMS = {
    direction: eq(calls.direction, sql.placeholder('direction')),
    externalNumber: eq(calls.externalNumber, sql.placeholder('externalNumber')),
    fromNumber: eq(calls.fromNumber, sql.placeholder('fromNumber')),
    toNumber: eq(calls.toNumber, sql.placeholder('toNumber')),
    jobId: eq(calls.jobId, sql.placeholder('jobId')),
    conversationId: eq(calls.conversationId, sql.placeholder('conversationId')),
    startedAfter: gte(calls.startedAt, sql.placeholder('startedAfter')),
    startedBefore: lt(calls.startedAt, sql.placeholder('startedBefore')),
    updatedAfter: gte(calls.updatedAt, sql.placeholder('updatedAfter')),
    text: sql`${calls.searchText} like ${sql.placeholder('text')} escape '\\'`,
  }
  const open = isOpenStatus(calls.status)
  const over = isOverStatus(calls.status)

  /** The alternatives of each part of a filter that has several: any one is enough, and no call fits two of them. */
  function alternatives(c: CallCriteria): Alternatives[] {
    const statuses = c.statuses && [...new Set(c.statuses)]
    const parts: Alternatives[] = []
    if (c.customer) {
      // A call that names no customer belongs to the one whose number it has.
      const { id, phones } = c.customer
      const byPhone = phones.map((_, i) =>
        and(isNull(calls.customerId), eq(calls.externalNumber, sql.placeholder(`phone_${i}`))),
      )
      parts.push({
        shape: `customer ${phones.length}`,
        conditions: [eq(calls.customerId, sql.placeholder('customer')), ...byPhone],
        values: { customer: id, ...valuesOf('phone', phones) },
      })
    }
    if (c.dialpadUserIds)
      parts.push({
        shape: `users ${c.dialpadUserIds.length}`,
        conditions: c.dialpadUserIds.map((_, i) => eq(calls.dialpadUserId, sql.placeholder(`user_${i}`))),
        values: valuesOf('user', c.dialpadUserIds),
      })
    if (statuses)
      parts.push({
        shape: `statuses ${statuses.map(isOpen)}`,
        conditions: statuses.map((status, i) =>
          and(eq(calls.status, sql.placeholder(`status_${i}`)), isOpen(status) ? open : over),
        ),
        values: valuesOf('status', statuses),
      })
    return parts
  }

  function matching(appId: string, criteria: CallCriteria) {
    const terms = (Object.keys(TERMS) as (keyof typeof TERMS)[]).filter((name) => criteria[name] !== undefined)
    const parts = alternatives(criteria)
    return {
      shape: [...terms, ...parts.map(({ shape }) => shape)].join(),
      parts,
      conditions: [ofApp, ...terms.map((name) => TERMS[name])],
      values: { appId, ...criteria, ...Object.assign({}, ...parts.map(({ values }) => values)) } as Values,
      matchesNothing: parts.some(({ conditions }) => conditions.length === 0),
    }
  }

  /** Few calls have one number, customer or job: their own index finds them, and their order is made by sorting. */
  const isNarrow = ({ shape }: Match) => /customer|users|externalNumber|jobId|conversationId/.test(shape)
  function sortValue({ by }: CallOrder, match: Match): SQL {
    if (by === 'started_at') return sql`${calls.startedAt}`
    const duration = durationOrNone(calls.durationSeconds)
    return isNarrow(match) ? sql`${duration} + 0` : duration
  }

  /**
   * An index gives its rows in the order of a page only where its leading columns are fixed. So each alternative of one
   * part is a query of its own that reads no further than the page can reach, and the database merges them.
   */
  function buildPage(build: Queries, match: Match, order: CallOrder, withPosition: boolean) {
    const value = sortValue(order, match)
    const direction = order.descending ? desc : asc
    const [afterValue, afterId] = [sql.placeholder('afterValue'), sql.placeholder('afterId')]
    const [upTo, beyond] = order.descending ? [lte, lt] : [gte, gt]
    // Not as a pair: SQLite thinks so much of `(a, b) < (?, ?)` that it passes over the index of the filter.
    const position = and(upTo(value, afterValue), or(beyond(value, afterValue), beyond(calls.id, afterId)))
    const merged =
      order.by === 'started_at'
        ? match.parts.find(({ conditions }) => conditions.length > 1 && conditions.length <= MAX_MERGED)
        : undefined
    const conditionsWith = (own: SQL | undefined) =>
      and(
        ...match.conditions,
        ...match.parts.filter((part) => part !== merged).map(({ conditions }) => or(...conditions)),
        own,
        withPosition ? position : undefined,
      )
    const upToRow = (last: 'limit' | 'reach', own?: SQL) =>
      all(build).where(conditionsWith(own)).orderBy(direction(value), direction(calls.id)).limit(sql.placeholder(last))
    if (!merged) return upToRow('limit').offset(sql.placeholder('offset'))
    const [first, ...others] = merged.conditions.map((own, i) =>
      build.select().from(upToRow('reach', own).as(`part_${i}`)),
    )
    return others
      .reduce((query, other) => query.unionAll(other as never) as never, first!)
      .orderBy(direction(sql`"startedAt"`), direction(sql`"id"`))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('offset'))
  }

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
      const match = matching(appId, criteria)
      if (match.matchesNothing) return []
      const shape = `${match.shape};${order.by} ${order.descending} ${after !== null}`
      const query = prepared(shape, () => prepare((build) => buildPage(build, match, order, after !== null)))
      return q.rows(query, {
        ...match.values,
        limit,
        offset,
        reach: limit + offset,
        afterValue: after?.value,
        afterId: after?.id,
      })
    },
    /** The calls that go on, newest first; of some Dialpad users alone if they are given. */
    async active(q: Queries, appId: string, dialpadUserIds: number[] | undefined, limit: number): Promise<CallRow[]> {
      if (dialpadUserIds?.length === 0) return []
      const query = prepared(`active ${dialpadUserIds && sizeFor(dialpadUserIds.length)}`, () =>
        prepare((build) => {
          // The sign keeps a database from the index of all calls of a user.
          const ofUsers =
            dialpadUserIds && sql`+${calls.dialpadUserId} in ${placeholders('user', dialpadUserIds.length)}`
          return all(build)
            .where(and(ofApp, open, ofUsers))
            .orderBy(desc(calls.startedAt), desc(calls.id))
            .limit(sql.placeholder('limit'))
        }),
      )
      return q.rows(query, { appId, limit, ...(dialpadUserIds && fillList('user', dialpadUserIds)) })
    },
    /** How many there are; more than `MAX_TOTAL` are not counted. */
    async count(q: Queries, appId: string, criteria: CallCriteria): Promise<number> {
      const match = matching(appId, criteria)
      if (match.matchesNothing) return 0
      const conditions = () => and(...match.conditions, ...match.parts.map((part) => or(...part.conditions)))
      const beyond = counts(`${match.shape};beyond`, () =>
        prepare((build) =>
          build
            .select({ count: sql<number>`1`.as('count') })
            .from(calls)
            .where(conditions())
            // Rows of one time lie together, where the index alone does not tell whether they match.
            .orderBy(desc(calls.startedAt))
            .limit(1)
            .offset(MAX_TOTAL),
        ),
      )
      if ((await q.rows(beyond, match.values)).length > 0) return MAX_TOTAL + 1
      const count = counts(match.shape, () =>
        prepare((build) =>
          build
            .select({ count: sql<number>`count(*)`.mapWith(Number).as('count') })
            .from(calls)
            .where(conditions()),
        ),
      )
      return (await q.rows(count, match.values))[0]!.count
    },
    async byId(q: Queries, appId: string, id: string): Promise<CallRow | null> {
      return (await q.rows(byId, { appId, id }))[0] ?? null
    },
    async byDialpadId(q: Queries, appId: string, dialpadCallId: number): Promise<CallRow | null> {
      return (await q.rows(byDialpadId, { appId, dialpadCallId }))[0] ?? null
    },
    /** The states received of the calls, by Dialpad's clock; of at least one call. */
    timeline: async (q: Queries, callIds: string[]) =>
      q.rows(
        timelines(String(sizeFor(callIds.length)), () =>
          prepare((build) =>
            build
              .select(named(callStates))
              .from(callStates)
              .where(inArray(callStates.callId, placeholders('id', callIds.length)))
              .orderBy(asc(callStates.at), asc(callStates.callId)),
          ),
        ),
        fillList('id', callIds),
      ),
  }
}

type Values = Record<string, unknown>

interface Alternatives {
  /** Equal for equal conditions, whatever the values. */
  shape: string
  conditions: (SQL | undefined)[]
  values: Values
}

interface Match {
  shape: string
  parts: Alternatives[]
  conditions: SQL[]
}

/** Beyond it a statement of many parts costs more than sorting what one of them finds. */
const MAX_MERGED = 20

const valuesOf = (name: string, values: unknown[]): Values =>
  Object.fromEntries(values.map((value, i) => [`${name}_${i}`, value]))

export const positionOf = (row: CallRow, order: CallOrder): Position => ({
  value: order.by === 'started_at' ? row.startedAt : (row.durationSeconds ?? -1),
  id: row.id,
})
