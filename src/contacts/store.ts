import { and, eq, inArray } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Tables } from '../db/tables'

export type ContactRow = Tables['contacts']['$inferSelect']
export type ContactStore = ReturnType<typeof createContactStore>

/** The app's own customer directory. */
export function createContactStore({ tables: { contacts, contactPhones } }: Database) {
  return {
    async byExternalIds(q: Queries, appId: string, externalIds: string[]): Promise<Map<string, ContactRow>> {
      if (externalIds.length === 0) return new Map()
      const rows = await q
        .select()
        .from(contacts)
        .where(and(eq(contacts.appId, appId), inArray(contacts.externalId, externalIds)))
      return new Map(rows.map((row) => [row.externalId, row]))
    },
    /** The customer of each number; of several with one number the first one entered. */
    async byPhones(q: Queries, appId: string, phones: string[]): Promise<Map<string, ContactRow>> {
      if (phones.length === 0) return new Map()
      const rows = await q
        .select({ phone: contactPhones.phone, contact: contacts })
        .from(contactPhones)
        .innerJoin(contacts, eq(contacts.id, contactPhones.contactId))
        .where(and(eq(contactPhones.appId, appId), inArray(contactPhones.phone, phones)))
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
  }
}
