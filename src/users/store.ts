import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import { prepareLookup } from '../db/lookup'
import { named } from '../db/prepared'
import { excluded, inChunks } from '../db/sql'
import type { Tables } from '../db/tables'

export type MappingRow = Tables['dialpadUserMappings']['$inferSelect']
export type AgentStatusRow = Tables['agentStatuses']['$inferSelect']
export type UserStore = ReturnType<typeof createUserStore>

/** Mappings of Dialpad users to CRM users, and the last status of each agent. */
export function createUserStore(database: Database) {
  const { dialpadUserMappings: mappings, agentStatuses } = database.tables
  const findMappings = prepareLookup(database, (q, hasKey) =>
    q
      .select({ dialpadUserId: named(mappings).dialpadUserId, crmUserId: named(mappings).crmUserId })
      .from(mappings)
      .where(and(eq(mappings.appId, sql.placeholder('appId')), hasKey(mappings.dialpadUserId))),
  )
  const ofDialpadUser = (appId: string, dialpadUserId: number) =>
    and(eq(mappings.appId, appId), eq(mappings.dialpadUserId, dialpadUserId))

  const statuses = async (q: Queries, appId: string, dialpadUserIds: number[]): Promise<AgentStatusRow[]> =>
    q
      .select()
      .from(agentStatuses)
      .where(and(eq(agentStatuses.appId, appId), database.isAnyOf(agentStatuses.dialpadUserId, dialpadUserIds)))

  return {
    statuses,
    /** Saves the newest status of each agent, in any order of arrival. Requires the lock of the app's row. */
    async saveStatuses(tx: Transaction, appId: string, given: Omit<AgentStatusRow, 'appId'>[]): Promise<void> {
      if (given.length === 0) return
      const ids = [...new Set(given.map(({ dialpadUserId }) => dialpadUserId))]
      const newest = new Map((await statuses(tx, appId, ids)).map((row) => [row.dialpadUserId, row]))
      for (const status of given) {
        const known = newest.get(status.dialpadUserId)
        if (!known || status.at >= known.at) newest.set(status.dialpadUserId, { ...status, appId })
      }
      await tx.insertMany(agentStatuses, [...newest.values()], { update: ['appId', 'dialpadUserId'] }, 'dialpadUserId')
    },
    /** Returns the CRM user of each mapped Dialpad user. */
    async crmUserIds(q: Queries, appId: string, dialpadUserIds: number[]): Promise<Map<number, string>> {
      const rows = await findMappings(q, dialpadUserIds, { appId })
      return new Map(rows.map((row) => [row.dialpadUserId, row.crmUserId]))
    },
    /** Returns the Dialpad users of a CRM user. */
    async dialpadUserIds(q: Queries, appId: string, crmUserId: string): Promise<number[]> {
      const rows = await q
        .select({ id: mappings.dialpadUserId })
        .from(mappings)
        .where(and(eq(mappings.appId, appId), eq(mappings.crmUserId, crmUserId)))
      return rows.map(({ id }) => id)
    },
    /** Creates or changes mappings. The Dialpad users must be distinct. */
    upsert: (q: Queries, rows: MappingRow[]): Promise<MappingRow[]> =>
      inChunks(rows, 6, (some) =>
        q
          .insert(mappings)
          .values(some)
          .onConflictDoUpdate({
            target: [mappings.appId, mappings.dialpadUserId],
            set: excluded(mappings, ['id', 'appId', 'dialpadUserId', 'createdAt']),
          })
          .returning(),
      ),
    page: async (
      q: Queries,
      appId: string,
      limit: number,
      after: string | null,
      offset: number,
    ): Promise<MappingRow[]> =>
      q
        .select()
        .from(mappings)
        .where(and(eq(mappings.appId, appId), after ? gt(mappings.id, after) : undefined))
        .orderBy(asc(mappings.id))
        .limit(limit)
        .offset(offset),
    count: (q: Queries, appId: string) => q.$count(mappings, eq(mappings.appId, appId)),
    async byDialpadUser(q: Queries, appId: string, dialpadUserId: number): Promise<MappingRow | null> {
      return (await q.select().from(mappings).where(ofDialpadUser(appId, dialpadUserId)))[0] ?? null
    },
    byCrmUser: async (q: Queries, appId: string, crmUserId: string): Promise<MappingRow[]> =>
      q
        .select()
        .from(mappings)
        .where(and(eq(mappings.appId, appId), eq(mappings.crmUserId, crmUserId)))
        .orderBy(asc(mappings.id)),
    async remove(q: Queries, appId: string, id: string): Promise<MappingRow | null> {
      const wanted = and(eq(mappings.appId, appId), eq(mappings.id, id))
      return (await q.delete(mappings).where(wanted).returning())[0] ?? null
    },
    async removeDialpadUser(q: Queries, appId: string, dialpadUserId: number): Promise<MappingRow | null> {
      return (await q.delete(mappings).where(ofDialpadUser(appId, dialpadUserId)).returning())[0] ?? null
    },
  }
}
