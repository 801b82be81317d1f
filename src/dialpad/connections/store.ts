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

    /** Lists refreshable connections with a token that expires before `before`. */
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
    /** Claims the refresh of this version until `until`. @returns false if another instance has claimed it. */
    async claimRefresh(q: Queries, { id, version }: ConnectionRow, now: number, until: number): Promise<boolean> {
      const free = or(isNull(connections.refreshClaimedUntil), lt(connections.refreshClaimedUntil, now))
      const claimed = await q
        .update(connections)
        .set({ refreshClaimedUntil: until })
        .where(and(eq(connections.id, id), eq(connections.version, version), free))
        .returning({ id: connections.id })
      return claimed.length > 0
    },
    /** Updates the connection if its version is unchanged. @returns false if it has changed. */
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
    /** Marks the token as used. @returns the token, or null if it was already used. */
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
