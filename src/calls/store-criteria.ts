import { and, asc, type Column, desc, eq, gt, gte, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { createPreparedQueries } from '../db/prepared'
import type { Tables } from '../db/tables'
import type { CallStatus } from '../lib/call-status'
import { MAX_TOTAL, type Position } from '../lib/cursor'
import type { Outcome } from './conversation'

/** What calls and conversations are filtered by: a conversation has the columns of its legs. */
export interface CallCriteria {
  statuses?: CallStatus[] | undefined
  direction?: 'inbound' | 'outbound' | undefined
  externalNumber?: string | undefined
  fromNumber?: string | undefined
  toNumber?: string | undefined
  /** Dialpad users, one of whom the call, or a leg of the conversation, must be of. */
  dialpadUserIds?: number[] | undefined
  customer?: { id: string; phones: string[] } | undefined
  jobId?: string | undefined
  conversationId?: string | undefined
  startedAfter?: number | undefined
  startedBefore?: number | undefined
  updatedAfter?: number | undefined
  /** A pattern of LIKE, escaped by `\`, for the call or a leg of the conversation. */
  text?: string | undefined
}

export interface ConversationCriteria extends CallCriteria {
  outcomes?: Outcome[] | undefined
}

export interface CallOrder {
  by: 'started_at' | 'duration_seconds'
  descending: boolean
}

/** One part of a filter, in alternatives: any one is enough, and no row fits two of them. */
export interface Part {
  /** Equal for equal conditions, whatever the values. */
  shape: string
  conditions: (SQL | undefined)[]
  values: Values
}

export interface Match {
  /** Equal for equal conditions, whatever the values: what a prepared query is kept by. */
  shape: string
  parts: Part[]
  conditions: SQL[]
  values: Values
  matchesNothing: boolean
}

type Values = Record<string, unknown>

const SHARED = [
  'appId',
  'direction',
  'externalNumber',
  'fromNumber',
  'toNumber',
  'jobId',
  'customerId',
  'startedAt',
  'updatedAt',
] as const

/**
 * Turns what is filtered by into conditions with placeholders, so that a query is built once per kind of filter.
 * @param own what differs between calls and conversations.
 */
export function createMatcher<Criteria extends CallCriteria>(
  columns: Record<(typeof SHARED)[number], Column>,
  own: { terms: { [name in keyof Criteria]?: SQL }; parts(criteria: Criteria): (Part | undefined)[] },
) {
  /** Terms that stand in a query when the filter names them. */
  const terms: Partial<Record<keyof Criteria, SQL>> = {
    direction: eq(columns.direction, sql.placeholder('direction')),
    externalNumber: eq(columns.externalNumber, sql.placeholder('externalNumber')),
    fromNumber: eq(columns.fromNumber, sql.placeholder('fromNumber')),
    toNumber: eq(columns.toNumber, sql.placeholder('toNumber')),
    jobId: eq(columns.jobId, sql.placeholder('jobId')),
    startedAfter: gte(columns.startedAt, sql.placeholder('startedAfter')),
    startedBefore: lt(columns.startedAt, sql.placeholder('startedBefore')),
    updatedAfter: gte(columns.updatedAt, sql.placeholder('updatedAfter')),
    ...own.terms,
  }
  const ofApp = eq(columns.appId, sql.placeholder('appId'))

  /** A record that names no customer belongs to the one whose number it has. */
  function ofCustomer({ id, phones }: { id: string; phones: string[] }): Part {
    const byPhone = phones.map((_, i) =>
      and(isNull(columns.customerId), eq(columns.externalNumber, sql.placeholder(`phone_${i}`))),
    )
    return {
      shape: `customer ${phones.length}`,
      conditions: [eq(columns.customerId, sql.placeholder('customer')), ...byPhone],
      values: { customer: id, ...valuesOf('phone', phones) },
    }
  }

  return (appId: string, criteria: Criteria): Match => {
    const named = (Object.keys(terms) as (keyof Criteria & string)[]).filter((name) => criteria[name] !== undefined)
    const parts = [criteria.customer && ofCustomer(criteria.customer), ...own.parts(criteria)].filter(
      (part) => part !== undefined,
    )
    return {
      shape: [...named, ...parts.map(({ shape }) => shape)].join(),
      parts,
      conditions: [ofApp, ...named.flatMap((name) => terms[name] ?? [])],
      values: { appId, ...criteria, ...Object.assign({}, ...parts.map(({ values }) => values)) } as Values,
      matchesNothing: parts.some(({ conditions }) => conditions.length === 0),
    }
  }
}

/** One value of several. @param conditionOf the condition of the value at the placeholder. */
export function anyOf<Value>(
  name: string,
  given: Value[] | undefined,
  conditionOf: (placeholder: ReturnType<typeof sql.placeholder>, value: Value) => SQL | undefined,
): Part | undefined {
  if (!given) return undefined
  const values = [...new Set(given)]
  return {
    shape: `${name} ${values.length}`,
    conditions: values.map((value, i) => conditionOf(sql.placeholder(`${name}_${i}`), value)),
    values: valuesOf(name, values),
  }
}

export const conditionOf = ({ conditions, parts }: Pick<Match, 'conditions' | 'parts'>): SQL | undefined =>
  and(...conditions, ...parts.map((part) => or(...part.conditions)))

/** How a page goes on after `afterValue` and `afterId`. */
export function orderBy(value: SQL, id: Column, { descending }: CallOrder) {
  const [direction, upTo, beyond] = descending ? [desc, lte, lt] : [asc, gte, gt]
  const [afterValue, afterId] = [sql.placeholder('afterValue'), sql.placeholder('afterId')]
  return {
    terms: [direction(value), direction(id)],
    // Not as a pair: SQLite thinks so much of `(a, b) < (?, ?)` that it passes over the index of the filter.
    position: and(upTo(value, afterValue), or(beyond(value, afterValue), beyond(id, afterId))),
    direction,
  }
}

/** Counts what fits a filter; more than `MAX_TOTAL` rows are not counted. */
export function createCounter({ prepare }: Database, table: Tables['calls'] | Tables['conversations']) {
  const counts = createPreparedQueries<{ count: number }>()
  return async (q: Queries, match: Match): Promise<number> => {
    if (match.matchesNothing) return 0
    const beyond = counts(`${match.shape};beyond`, () =>
      prepare((build) =>
        build
          .select({ count: sql<number>`1`.as('count') })
          .from(table)
          .where(conditionOf(match))
          // Rows of one time lie together, where the index alone does not tell whether they match.
          .orderBy(desc(table.startedAt))
          .limit(1)
          .offset(MAX_TOTAL),
      ),
    )
    if ((await q.rows(beyond, match.values)).length > 0) return MAX_TOTAL + 1
    const count = counts(match.shape, () =>
      prepare((build) =>
        build
          .select({ count: sql<number>`count(*)`.mapWith(Number).as('count') })
          .from(table)
          .where(conditionOf(match)),
      ),
    )
    const [counted] = await q.rows(count, match.values)
    return counted?.count ?? 0
  }
}

/** @param sort a column, with `-` before it when the greatest comes first. */
export const orderOf = (sort: `${'' | '-'}${CallOrder['by']}`): CallOrder => ({
  by: sort.replace('-', '') as CallOrder['by'],
  descending: sort.startsWith('-'),
})

/** Where a page ends with the row. */
export const positionOf = (
  row: { id: string; startedAt: number; durationSeconds: number | null },
  order: CallOrder,
): Position => ({
  value: order.by === 'started_at' ? row.startedAt : (row.durationSeconds ?? -1),
  id: row.id,
})

const valuesOf = (name: string, values: unknown[]): Values =>
  Object.fromEntries(values.map((value, i) => [`${name}_${i}`, value]))
