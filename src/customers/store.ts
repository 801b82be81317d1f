import { and, asc, eq, gt, inArray, or, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { prepareLookup } from '../db/lookup'
import { named } from '../db/prepared'
import { excluded, inChunks } from '../db/sql'
import type { Tables } from '../db/tables'
import type { Position } from '../lib/cursor'

export type CustomerRow = Tables['customers']['$inferSelect']
export interface CustomerWithPhones {
  customer: CustomerRow
  phones: string[]
}
export type CustomerStore = ReturnType<typeof createCustomerStore>

export interface CustomerCriteria {
  /** Part of a name or an id. */
  text?: string | undefined
  /** Digits that a number must contain. */
  phone?: string | undefined
  externalId?: string | undefined
}

/** Queries for the customer directory. Each query is limited to one app. */
export function createCustomerStore(database: Database) {
  const { customers, customerPhones } = database.tables
  const appIdValue = sql.placeholder('appId')
  const findByExternalIds = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(customers))
      .from(customers)
      .where(and(eq(customers.appId, appIdValue), hasKey(customers.externalId))),
  )
  const findByIds = prepareLookup(database, (q, hasKey) =>
    q
      .select(named(customers))
      .from(customers)
      .where(and(eq(customers.appId, appIdValue), hasKey(customers.id))),
  )
  const findPhones = prepareLookup(database, (q, hasKey) =>
    q
      .select({ customerId: named(customerPhones).customerId, phone: named(customerPhones).phone })
      .from(customerPhones)
      .where(and(eq(customerPhones.appId, appIdValue), hasKey(customerPhones.phone))),
  )
  const containing = (text: string) => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const matching = (q: Queries, appId: string, { text, phone, externalId }: CustomerCriteria) => {
    const like = text && containing(text)
    const withPhone =
      phone &&
      q
        .select({ id: customerPhones.customerId })
        .from(customerPhones)
        .where(and(eq(customerPhones.appId, appId), sql`${customerPhones.phone} like ${containing(phone)} escape '\\'`))
    return and(
      eq(customers.appId, appId),
      externalId === undefined ? undefined : eq(customers.externalId, externalId),
      like
        ? or(
            sql`lower(${customers.name}) like ${like} escape '\\'`,
            sql`lower(${customers.externalId}) like ${like} escape '\\'`,
            withPhone ? inArray(customers.id, withPhone) : undefined,
          )
        : undefined,
    )
  }

  return {
    async byId(q: Queries, appId: string, id: string): Promise<CustomerRow | null> {
      const wanted = and(eq(customers.appId, appId), eq(customers.id, id))
      return (await q.select().from(customers).where(wanted))[0] ?? null
    },
    async byExternalIds(q: Queries, appId: string, externalIds: string[]): Promise<Map<string, CustomerRow>> {
      const rows = await findByExternalIds(q, externalIds, { appId })
      return new Map(rows.map((row) => [row.externalId, row]))
    },
    /**
     * Returns the customer of each number, the oldest one if there are several. Most numbers have no customer, so it looks up
     * the numbers first: a join of the two tables takes several times as long.
     */
    async byPhones(q: Queries, appId: string, phones: string[]): Promise<Map<string, CustomerRow>> {
      const matches = await findPhones(q, phones, { appId })
      if (matches.length === 0) return new Map()
      const ids = [...new Set(matches.map(({ customerId }) => customerId))]
      const rows = await findByIds(q, ids, { appId })
      const byId = new Map(rows.map((row) => [row.id, row]))
      const oldestLast = matches.toSorted((a, b) => (a.customerId < b.customerId ? 1 : -1))
      return new Map(
        oldestLast.flatMap(({ customerId, phone }) => {
          const customer = byId.get(customerId)
          return customer ? [[phone, customer] as const] : []
        }),
      )
    },
    /** Returns all numbers of a customer. */
    async phonesOf(q: Queries, appId: string, externalId: string): Promise<string[]> {
      const rows = await q
        .select({ phone: customerPhones.phone })
        .from(customerPhones)
        .innerJoin(customers, eq(customers.id, customerPhones.customerId))
        .where(and(eq(customers.appId, appId), eq(customers.externalId, externalId)))
      return rows.map(({ phone }) => phone)
    },
    /** Returns the numbers of each customer by id. */
    async phones(q: Queries, customerIds: string[]): Promise<Map<string, string[]>> {
      const rows = await inChunks(customerIds, 1, (ids) =>
        q
          .select()
          .from(customerPhones)
          .where(inArray(customerPhones.customerId, ids))
          .orderBy(asc(customerPhones.phone)),
      )
      const byCustomer = Map.groupBy(rows, ({ customerId }) => customerId)
      return new Map([...byCustomer].map(([id, numbers]) => [id, numbers.map(({ phone }) => phone)]))
    },
    /** Lists customers by name. */
    page: async (
      q: Queries,
      appId: string,
      criteria: CustomerCriteria,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<CustomerRow[]> => {
      const name = String(after?.value)
      const rest = after && or(gt(customers.name, name), and(eq(customers.name, name), gt(customers.id, after.id)))
      return q
        .select()
        .from(customers)
        .where(and(matching(q, appId, criteria), rest ?? undefined))
        .orderBy(asc(customers.name), asc(customers.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: CustomerCriteria) => q.$count(customers, matching(q, appId, criteria)),
    /** Creates or replaces customers by external id. */
    async save(q: Queries, rows: CustomerRow[]): Promise<void> {
      const set = excluded(customers, ['id', 'appId', 'externalId', 'createdAt'])
      await inChunks(rows, 9, (some) =>
        q
          .insert(customers)
          .values(some)
          .onConflictDoUpdate({ target: [customers.appId, customers.externalId], set })
          .returning({ id: customers.id }),
      )
    },
    /** Replaces the numbers of the given customers. */
    async replacePhones(q: Queries, forget: string[], rows: Tables['customerPhones']['$inferInsert'][]): Promise<void> {
      await inChunks(forget, 1, (ids) =>
        q
          .delete(customerPhones)
          .where(inArray(customerPhones.customerId, ids))
          .returning({ id: customerPhones.customerId }),
      )
      await inChunks(rows, 3, (some) =>
        q.insert(customerPhones).values(some).returning({ id: customerPhones.customerId }),
      )
    },
    async remove(q: Queries, appId: string, id: string): Promise<boolean> {
      const wanted = and(eq(customers.appId, appId), eq(customers.id, id))
      return (await q.delete(customers).where(wanted).returning({ id: customers.id })).length > 0
    },
  }
}
