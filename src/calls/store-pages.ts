import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import { durationOrNone, isOpenStatus, isOverStatus } from '../db/call-sql'
import type { Database, Queries } from '../db/database'
import { createPreparedQueries, fillList, named, placeholders, sizeFor } from '../db/prepared'
import { isOpen } from '../lib/call-status'
import type { Position } from '../lib/cursor'
import type { Section } from './search'
import type { TimedState } from './state'
import type { CallRow } from './store'
import {
  anyOf,
  boundsOf,
  type CallCriteria,
  type CallOrder,
  conditionOf,
  createCounter,
  createMatcher,
  createSectionCounter,
  type Match,
  orderBy,
  positionOf,
  shapeOf,
} from './store-criteria'

/** Columns that the API does not show. A page without them takes 20 % less time. */
type Unlisted = 'appId' | 'holdSeconds' | 'searchText' | 'source' | 'snapshotAt' | 'learned'
export type ListedCall = Omit<CallRow, Unlisted>
export type SingleCall = ListedCall & { states: TimedState[] }

function statesIn(timeline: string | null): TimedState[] {
  if (timeline === null) return []
  return timeline.split(',').map((entry) => {
    const [state = '', at] = entry.split(' ')
    return { state, at: Number(at) }
  })
}

/** With more alternatives than this, sorting the rows is cheaper than merging separate queries. */
const MAX_MERGED = 20

/** Queries for pages of calls. Each query is built once per combination of filters. */
export function callPages(database: Database) {
  const { tables, prepare } = database
  const { calls, callStates } = tables
  const prepared = createPreparedQueries<ListedCall>()
  const preparedWhole = createPreparedQueries<CallRow>()
  const count = createCounter(database, calls)
  const countSection = createSectionCounter(database, calls)
  const open = isOpenStatus(calls.status)
  const over = isOverStatus(calls.status)
  const {
    appId: _a,
    holdSeconds: _h,
    searchText: _t,
    source: _s,
    snapshotAt: _n,
    learned: _l,
    ...listed
  } = named(calls)
  const all = (build: Queries) => build.select(listed).from(calls)
  /** The states of a call as `state time,state time`, because a second query takes longer. States are single words. */
  const timeline = sql<string | null>`(select string_agg(${callStates.state} || ' ' || ${callStates.at}, ','
    order by ${callStates.at}) from ${callStates} where ${callStates.callId} = ${calls.id})`
  const singleQuery = (key: typeof calls.id | typeof calls.dialpadCallId) =>
    prepare((q) =>
      q
        .select({ ...listed, timeline: timeline.as('timeline') })
        .from(calls)
        .where(and(eq(calls.appId, sql.placeholder('appId')), eq(key, sql.placeholder('id')))),
    )
  const [byIdQuery, byDialpadIdQuery] = [singleQuery(calls.id), singleQuery(calls.dialpadCallId)]
  /** Only the columns of a position, so that the database reads the index alone. */
  const placesOf = (build: Queries) => {
    const { id, startedAt, durationSeconds } = listed
    return build.select({ id, startedAt, durationSeconds }).from(calls) as never as ReturnType<typeof all>
  }

  const matching = createMatcher<CallCriteria>(calls, {
    terms: {
      conversationId: eq(calls.conversationId, sql.placeholder('conversationId')),
      text: sql`${calls.searchText} like ${sql.placeholder('text')} escape '\\'`,
    },
    parts: ({ dialpadUserIds, statuses }) => {
      const byStatus = anyOf('status', statuses, (value, status) =>
        and(eq(calls.status, value), isOpen(status) ? open : over),
      )
      return [
        anyOf('user', dialpadUserIds, (value) => eq(calls.dialpadUserId, value)),
        byStatus && { ...byStatus, shape: `${byStatus.shape} ${[...new Set(statuses)].map(isOpen)}` },
      ]
    },
  })

  /** Few calls share a number, customer or job: use that filter's index and sort the rows. */
  const isNarrow = ({ shape }: Match) => /customer|user|externalNumber|jobId|conversationId/.test(shape)
  function sortValue({ by }: CallOrder, match: Match): SQL {
    if (by === 'started_at') return sql`${calls.startedAt}`
    const duration = durationOrNone(calls.durationSeconds)
    return isNarrow(match) ? sql`${duration} + 0` : duration
  }

  /**
   * An index returns rows in page order only if its leading columns are fixed. So each alternative is a separate
   * query that reads at most one page, and the database merges the results.
   */
  function buildPage(rows: typeof all, build: Queries, match: Match, order: CallOrder, section: Section) {
    const { terms, within, direction } = orderBy(sortValue(order, match), calls.id, order)
    const merged =
      order.by === 'started_at'
        ? match.parts.find(({ conditions }) => conditions.length > 1 && conditions.length <= MAX_MERGED)
        : undefined
    const others = match.parts.filter((part) => part !== merged)
    const upToRow = (last: 'limit' | 'reach', own?: SQL) =>
      rows(build)
        .where(and(conditionOf({ ...match, parts: others }), own, within(section)))
        .orderBy(...terms)
        .limit(sql.placeholder(last))
    if (!merged) return upToRow('limit').offset(sql.placeholder('offset'))
    return merged.conditions
      .map((own, i) => build.select().from(upToRow('reach', own).as(`part_${i}`)))
      .reduce((query, other) => query.unionAll(other as never) as never)
      .orderBy(direction(sql`"startedAt"`), direction(sql`"id"`))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('offset'))
  }

  return {
    /** @param id our id, or Dialpad's as a number. */
    async byId(q: Queries, appId: string, id: string | number): Promise<SingleCall | null> {
      const rows = await q.rows(typeof id === 'string' ? byIdQuery : byDialpadIdQuery, { appId, id })
      return rows.map(({ timeline, ...row }) => ({ ...row, states: statesIn(timeline) }))[0] ?? null
    },
    page: async (
      q: Queries,
      appId: string,
      criteria: CallCriteria,
      order: CallOrder,
      limit: number,
      after: Position | null,
      offset: number,
      end: Position | null = null,
    ): Promise<ListedCall[]> => {
      const match = matching(appId, criteria)
      if (match.matchesNothing) return []
      const section = { after, end }
      const query = prepared(`${match.shape};${order.by} ${order.descending} ${shapeOf(section)}`, () =>
        prepare((build) => buildPage(all, build, match, order, section)),
      )
      return q.rows(query, { ...match.values, ...boundsOf(section), limit, offset, reach: limit + offset })
    },
    /** The position `rows` calls after `after`; null if the list ends before. */
    async skip(
      q: Queries,
      appId: string,
      criteria: CallCriteria,
      order: CallOrder,
      after: Position | null,
      rows: number,
    ): Promise<Position | null> {
      const match = matching(appId, criteria)
      if (match.matchesNothing) return null
      const section = { after, end: null }
      const query = prepared(`skip ${match.shape};${order.by} ${order.descending} ${shapeOf(section)}`, () =>
        prepare((build) => buildPage(placesOf, build, match, order, section)),
      )
      const values = { ...match.values, ...boundsOf(section), limit: 1, offset: rows - 1, reach: rows }
      const [place] = await q.rows(query, values)
      return place ? positionOf(place, order) : null
    },
    countSection: (q: Queries, appId: string, criteria: CallCriteria, order: CallOrder, section: Section) => {
      const match = matching(appId, criteria)
      return countSection(q, match, section, order, sortValue(order, match))
    },
    /** Lists the calls of a conversation with all columns, oldest first. @param dialpadUserIds limits them to these Dialpad users. */
    async ofConversation(
      q: Queries,
      appId: string,
      conversationId: string,
      dialpadUserIds: number[] | undefined,
      limit: number,
    ): Promise<CallRow[]> {
      const match = matching(appId, { conversationId, dialpadUserIds })
      if (match.matchesNothing) return []
      const query = preparedWhole(match.shape, () =>
        prepare((build) =>
          build
            .select(named(calls))
            .from(calls)
            .where(conditionOf(match))
            .orderBy(asc(calls.startedAt), asc(calls.id))
            .limit(sql.placeholder('limit')),
        ),
      )
      return q.rows(query, { ...match.values, limit })
    },
    count: (q: Queries, appId: string, criteria: CallCriteria) => count(q, matching(appId, criteria)),
    /** Lists the open calls, newest first. @param dialpadUserIds limits them to these Dialpad users. */
    async active(
      q: Queries,
      appId: string,
      dialpadUserIds: number[] | undefined,
      limit: number,
    ): Promise<ListedCall[]> {
      if (dialpadUserIds?.length === 0) return []
      const query = prepared(`active ${dialpadUserIds && sizeFor(dialpadUserIds.length)}`, () =>
        prepare((build) => {
          // The plus sign prevents the use of the index over all calls of a user.
          const ofUsers =
            dialpadUserIds && sql`+${calls.dialpadUserId} in ${placeholders('user', dialpadUserIds.length)}`
          return all(build)
            .where(and(eq(calls.appId, sql.placeholder('appId')), open, ofUsers))
            .orderBy(desc(calls.startedAt), desc(calls.id))
            .limit(sql.placeholder('limit'))
        }),
      )
      return q.rows(query, { appId, limit, ...(dialpadUserIds && fillList('user', dialpadUserIds)) })
    },
  }
}
