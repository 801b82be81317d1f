import { and, eq, inArray } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Tables } from '../db/tables'

export type MappingRow = Tables['dialpadUserMappings']['$inferSelect']
export type UserStore = ReturnType<typeof createUserStore>

/** Mappings of Dialpad users to the users of the app's own software. */
export function createUserStore({ tables: { dialpadUserMappings } }: Database) {
  return {
    /** The CRM user of each Dialpad user that is mapped. */
    async crmUserIds(q: Queries, appId: string, dialpadUserIds: number[]): Promise<Map<number, string>> {
      if (dialpadUserIds.length === 0) return new Map()
      const rows = await q
        .select()
        .from(dialpadUserMappings)
        .where(and(eq(dialpadUserMappings.appId, appId), inArray(dialpadUserMappings.dialpadUserId, dialpadUserIds)))
      return new Map(rows.map((row) => [row.dialpadUserId, row.crmUserId]))
    },
    /** The Dialpad users a CRM user is mapped to. */
    async dialpadUserIds(q: Queries, appId: string, crmUserId: string): Promise<number[]> {
      const rows = await q
        .select({ id: dialpadUserMappings.dialpadUserId })
        .from(dialpadUserMappings)
        .where(and(eq(dialpadUserMappings.appId, appId), eq(dialpadUserMappings.crmUserId, crmUserId)))
      return rows.map(({ id }) => id)
    },
    async upsert(q: Queries, row: Tables['dialpadUserMappings']['$inferInsert']): Promise<MappingRow> {
      const set = { crmUserId: row.crmUserId, updatedAt: row.updatedAt }
      const target = [dialpadUserMappings.appId, dialpadUserMappings.dialpadUserId]
      return (await q.insert(dialpadUserMappings).values(row).onConflictDoUpdate({ target, set }).returning())[0]!
    },
  }
}
