import { and, eq, isNotNull, isNull, lt, ne, or } from 'drizzle-orm'
import type { Database, Queries } from '../../db/database'
import type { Tables } from '../../db/tables'

export type ConnectionRow = Tables['dialpadConnections']['$inferSelect']
export type TokenPurpose = Tables['oneTimeTokens']['$inferSelect']['purpose']

export type ConnectionStore = ReturnType<typeof createConnectionStore>

export function createConnectionStore({
  tables: { dialpadConnections: connections, oneTimeTokens: tokens },
}: Database) {
  return {
    list: async (q: Queries): Promise<ConnectionRow[]> => q.select().from(connections).orderBy(connections.id),
    async byId(q: Queries, id: string): Promise<ConnectionRow | null> {
      return (await q.select().from(connections).where(eq(connections.id, id)))[0] ?? null
    },
    async ofApp(q: Queries, appId: string): Promise<ConnectionRow | null> {
      return (await q.select().from(connections).where(eq(connections.appId, appId)))[0] ?? null
    },
    async insert(q: Queries, row: Tables['dialpadConnections']['$inferInsert']) {
      await q.insert(connections).values(row)
    },
    async update(q: Queries, id: string, set: Partial<ConnectionRow>) {
      await q.update(connections).set(set).where(eq(connections.id, id))
    },
    async remove(q: Queries, id: string) {
      await q.delete(connections).where(eq(connections.id, id))
    },

    /** Those whose token ends before `before` and that can still be refreshed. */
    dueForRefresh: async (q: Queries, before: number): Promise<ConnectionRow[]> =>
      q
        .select()
        .from(connections)
        .where(
          and(
            ne(connections.status, 'disconnected'),
            isNotNull(connections.expiresAt),
            lt(connections.expiresAt, before),
          ),
        ),
    /** Takes the sole right to refresh this version until `until`. @returns false when another instance has it. */
    async claimRefresh(q: Queries, { id, version }: ConnectionRow, now: number, until: number): Promise<boolean> {
      const free = or(isNull(connections.refreshClaimedUntil), lt(connections.refreshClaimedUntil, now))
      const claimed = await q
        .update(connections)
        .set({ refreshClaimedUntil: until })
        .where(and(eq(connections.id, id), eq(connections.version, version), free))
        .returning({ id: connections.id })
      return claimed.length > 0
    },
    /** Writes only over the version that was read. @returns false when the connection has moved on since. */
    async swap(q: Queries, { id, version }: ConnectionRow, set: Partial<ConnectionRow>): Promise<boolean> {
      const swapped = await q
        .update(connections)
        .set({ ...set, refreshClaimedUntil: null })
        .where(and(eq(connections.id, id), eq(connections.version, version)))
        .returning({ id: connections.id })
      return swapped.length > 0
    },

    async insertToken(q: Queries, row: Tables['oneTimeTokens']['$inferInsert']) {
      await q.insert(tokens).values(row)
    },
    async token(q: Queries, id: string, purpose: TokenPurpose) {
      return (
        (
          await q
            .select()
            .from(tokens)
            .where(and(eq(tokens.id, id), eq(tokens.purpose, purpose)))
        )[0] ?? null
      )
    },
    /** Marks the token used. @returns it, or null when it was used before. */
    async useToken(q: Queries, id: string, purpose: TokenPurpose, now: number) {
      const used = await q
        .update(tokens)
        .set({ usedAt: now })
        .where(and(eq(tokens.id, id), eq(tokens.purpose, purpose), isNull(tokens.usedAt)))
        .returning()
      return used[0] ?? null
    },
    async removeExpiredTokens(q: Queries, before: number) {
      await q.delete(tokens).where(lt(tokens.expiresAt, before))
    },
  }
}
