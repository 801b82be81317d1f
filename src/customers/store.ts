import { and, asc, eq, gt, inArray, or, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import { excluded, inChunks } from '../db/sql'
import type { Tables } from '../db/tables'
import type { Position } from '../lib/cursor'

export type ContactRow = Tables['contacts']['$inferSelect']
export type ContactStore = ReturnType<typeof createContactStore>

export interface ContactCriteria {
  /** Part of a name or id. */
  text?: string | undefined
  /** Digits that a number must hold. */
  phone?: string | undefined
  externalId?: string | undefined
}

/** The app's own customer directory. */
export function createContactStore({ tables: { contacts, contactPhones } }: Database) {
  const containing = (text: string) => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const matching = (q: Queries, appId: string, { text, phone, externalId }: ContactCriteria) => {
    const like = text && containing(text)
    const withPhone =
      phone &&
      q
        .select({ id: contactPhones.contactId })
        .from(contactPhones)
        .where(and(eq(contactPhones.appId, appId), sql`${contactPhones.phone} like ${containing(phone)} escape '\\'`))
    return and(
      eq(contacts.appId, appId),
      externalId === undefined ? undefined : eq(contacts.externalId, externalId),
      like
        ? or(
            sql`lower(${contacts.name}) like ${like} escape '\\'`,
            sql`lower(${contacts.externalId}) like ${like} escape '\\'`,
            withPhone ? inArray(contacts.id, withPhone) : undefined,
          )
        : undefined,
    )
  }

  return {
    async byId(q: Queries, appId: string, id: string): Promise<ContactRow | null> {
      const wanted = and(eq(contacts.appId, appId), eq(contacts.id, id))
      return (await q.select().from(contacts).where(wanted))[0] ?? null
    },
    async byExternalIds(q: Queries, appId: string, externalIds: string[]): Promise<Map<string, ContactRow>> {
      const rows = await inChunks(externalIds, 1, (ids) =>
        q
          .select()
          .from(contacts)
          .where(and(eq(contacts.appId, appId), inArray(contacts.externalId, ids))),
      )
      return new Map(rows.map((row) => [row.externalId, row]))
    },
    /** The customer of each number; of several with one number the first one entered. */
    async byPhones(q: Queries, appId: string, phones: string[]): Promise<Map<string, ContactRow>> {
      const rows = await inChunks(phones, 1, (some) =>
        q
          .select({ phone: contactPhones.phone, contact: contacts })
          .from(contactPhones)
          .innerJoin(contacts, eq(contacts.id, contactPhones.contactId))
          .where(and(eq(contactPhones.appId, appId), inArray(contactPhones.phone, some))),
      )
      rows.sort((a, b) => (a.contact.id < b.contact.id ? 1 : -1))
      return new Map(rows.map(({ phone, contact }) => [phone, contact]))
    },
    /** Every number of a customer. */
    async phonesOf(q: Queries, appId: string, externalId: string): Promise<string[]> {
      const rows = await q
        .select({ phone: contactPhones.phone })
        .from(contactPhones)
        .innerJoin(contacts, eq(contacts.id, contactPhones.contactId))
        .where(and(eq(contacts.appId, appId), eq(contacts.externalId, externalId)))
      return rows.map(({ phone }) => phone)
    },
    /** The numbers of each customer, by our id. */
    async phones(q: Queries, contactIds: string[]): Promise<Map<string, string[]>> {
      const rows = await inChunks(contactIds, 1, (ids) =>
        q.select().from(contactPhones).where(inArray(contactPhones.contactId, ids)).orderBy(asc(contactPhones.phone)),
      )
      const byContact = Map.groupBy(rows, ({ contactId }) => contactId)
      return new Map([...byContact].map(([id, numbers]) => [id, numbers.map(({ phone }) => phone)]))
    },
    /** By name. */
    page: async (
      q: Queries,
      appId: string,
      criteria: ContactCriteria,
      limit: number,
      after: Position | null,
      offset: number,
    ): Promise<ContactRow[]> => {
      const name = String(after?.value)
      const rest = after && or(gt(contacts.name, name), and(eq(contacts.name, name), gt(contacts.id, after.id)))
      return q
        .select()
        .from(contacts)
        .where(and(matching(q, appId, criteria), rest ?? undefined))
        .orderBy(asc(contacts.name), asc(contacts.id))
        .limit(limit)
        .offset(offset)
    },
    count: (q: Queries, appId: string, criteria: ContactCriteria) => q.$count(contacts, matching(q, appId, criteria)),
    /** Creates or replaces, by external id. */
    async save(q: Queries, rows: ContactRow[]): Promise<void> {
      const set = excluded(contacts, ['id', 'appId', 'externalId', 'createdAt'])
      await inChunks(rows, 9, (some) =>
        q
          .insert(contacts)
          .values(some)
          .onConflictDoUpdate({ target: [contacts.appId, contacts.externalId], set })
          .returning({ id: contacts.id }),
      )
    },
    /** Forgets the numbers of the customers named, and stores the rows given. */
    async replacePhones(q: Queries, forget: string[], rows: Tables['contactPhones']['$inferInsert'][]): Promise<void> {
      await inChunks(forget, 1, (ids) =>
        q.delete(contactPhones).where(inArray(contactPhones.contactId, ids)).returning({ id: contactPhones.contactId }),
      )
      await inChunks(rows, 3, (some) => q.insert(contactPhones).values(some).returning({ id: contactPhones.contactId }))
    },
    async remove(q: Queries, appId: string, id: string): Promise<boolean> {
      const wanted = and(eq(contacts.appId, appId), eq(contacts.id, id))
      return (await q.delete(contacts).where(wanted).returning({ id: contacts.id })).length > 0
    },
  }
}
