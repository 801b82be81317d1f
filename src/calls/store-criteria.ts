import { and, asc, type Column, desc, eq, gt, gte, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { createPreparedQueries } from '../db/prepared'
import type { Tables } from '../db/tables'
import type { CallStatus } from '../lib/call-status'
import { MAX_TOTAL, type Position } from '../lib/cursor'
import type { Outcome } from './conversation'
import type { Section } from './search'

/** The columns that calls and conversations can be filtered by. */
export interface CallCriteria {
  statuses?: CallStatus[] | undefined
  direction?: 'inbound' | 'outbound' | undefined
  externalNumber?: string | undefined
  fromNumber?: string | undefined
  toNumber?: string | undefined
  /** Dialpad users. The call, or a leg of the conversation, must belong to one of them. */
  dialpadUserIds?: number[] | undefined
  customer?: { id: string; phones: string[] } | undefined
  jobId?: string | undefined
  conversationId?: string | undefined
  startedAfter?: number | undefined
  startedBefore?: number | undefined
  updatedAfter?: number | undefined
  /** LIKE pattern for the call or a leg of the conversation, escaped with `\`. */
  text?: string | undefined
}

export interface ConversationCriteria extends CallCriteria {
  outcomes?: Outcome[] | undefined
}

export interface CallOrder {
  by: 'started_at' | 'duration_seconds'
  descending: boolean
}

/** One filter as alternatives. They are disjoint: a row matches at most one. */
export interface Part {
  /** Cache key: the same for the same conditions, whatever the values. */
  shape: string
  conditions: (SQL | undefined)[]
  values: Values
}

export interface Match {
  /** Cache key of a prepared query: the same for the same conditions, whatever the values. */
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
 * Converts filters to conditions with placeholders, so that a query is built once per combination of filters.
 * @param own the parts that differ between calls and conversations.
 */
export function createMatcher<Criteria extends CallCriteria>(
  columns: Record<(typeof SHARED)[number], Column>,
  own: { terms: { [name in keyof Criteria]?: SQL }; parts(criteria: Criteria): (Part | undefined)[] },
) {
  /** The SQL term of each filter. */
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

  /** A record without a customer id belongs to the customer with its phone number. */
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

/** A filter that matches one of several values. @param conditionOf the condition for the value of a placeholder. */
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

/** The conditions for rows after `afterValue` and `afterId`, and up to `endValue` and `endId`. */
export function orderBy(value: SQL, id: Column, { descending }: CallOrder) {
  const [direction, from, beyond, upTo, before] = descending ? [desc, lte, lt, gte, gt] : [asc, gte, gt, lte, lt]
  const [afterValue, afterId] = [sql.placeholder('afterValue'), sql.placeholder('afterId')]
  const [endValue, endId] = [sql.placeholder('endValue'), sql.placeholder('endId')]
  // Not `(a, b) < (?, ?)`: SQLite would then ignore the filter's index.
  const after = and(from(value, afterValue), or(beyond(value, afterValue), beyond(id, afterId)))
  const end = and(upTo(value, endValue), or(before(value, endValue), upTo(id, endId)))
  return {
    terms: [direction(value), direction(id)],
    within: (section: Section) => and(section.after ? after : undefined, section.end ? end : undefined),
    direction,
  }
}

/** Cache key of a query for a section. */
export const shapeOf = ({ after, end }: Section): string => `${after !== null} ${end !== null}`
/** The values of a section's placeholders. */
export const boundsOf = ({ after, end }: Section): Values => ({
  afterValue: after?.value,
  afterId: after?.id,
  endValue: end?.value,
  endId: end?.id,
})

/** Counts matching rows, up to `MAX_TOTAL`. */
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
          // Order by time, because rows of one period are stored together and must be read to be counted.
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

/** Counts matching rows of a section. */
export function createSectionCounter({ prepare }: Database, table: Tables['calls'] | Tables['conversations']) {
  const counts = createPreparedQueries<{ count: number }>()
  return async (q: Queries, match: Match, section: Section, order: CallOrder, value: SQL): Promise<number> => {
    if (match.matchesNothing) return 0
    const query = counts(`${match.shape};${order.by} ${order.descending} ${shapeOf(section)}`, () =>
      prepare((build) =>
        build
          .select({ count: sql<number>`count(*)`.mapWith(Number).as('count') })
          .from(table)
          .where(and(conditionOf(match), orderBy(value, table.id, order).within(section))),
      ),
    )
    return (await q.rows(query, { ...match.values, ...boundsOf(section) }))[0]?.count ?? 0
  }
}

/** @param sort a column, with the prefix `-` for descending order. */
export const orderOf = (sort: `${'' | '-'}${CallOrder['by']}`): CallOrder => ({
  by: sort.replace('-', '') as CallOrder['by'],
  descending: sort.startsWith('-'),
})

/** The position of a page that ends with the row. */
export const positionOf = (
  row: { id: string; startedAt: number; durationSeconds: number | null },
  order: CallOrder,
): Position => ({
  value: order.by === 'started_at' ? row.startedAt : (row.durationSeconds ?? -1),
  id: row.id,
})

const valuesOf = (name: string, values: unknown[]): Values =>
  Object.fromEntries(values.map((value, i) => [`${name}_${i}`, value]))
