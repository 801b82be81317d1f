import { and, count, eq, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database, Queries } from '../db/database'

export const SEALED_KINDS = ['webhook', 'connection', 'endpoint', 'oauth_state', 'stored_answer'] as const
export type SealedKind = (typeof SEALED_KINDS)[number]

export interface SealedRow {
  kind: SealedKind
  appId: string
  id: string
  sealed: string
}

/** A column with encrypted secrets. */
interface SealedColumn {
  kind: SealedKind
  table: SQLiteTable
  appId: SQLiteColumn
  id: SQLiteColumn
  sealed: SQLiteColumn
  field: string
}

export type SealedStore = ReturnType<typeof createSealedStore>

/** Finds the secrets encrypted with `ENCRYPTION_KEY` by their prefix, which differs for each key. */
export function createSealedStore({ tables }: Database) {
  const { dialpadWebhooks: webhooks, dialpadConnections: connections, endpoints } = tables
  const { oneTimeTokens, idempotencyKeys } = tables
  const placeOf = (
    kind: SealedKind,
    table: SQLiteTable & { appId: SQLiteColumn },
    id: SQLiteColumn,
    field: string,
    sealed: SQLiteColumn,
  ): SealedColumn => ({ kind, table, appId: table.appId, id, sealed, field })
  const places = [
    placeOf('webhook', webhooks, webhooks.id, 'secretEncrypted', webhooks.secretEncrypted),
    placeOf('webhook', webhooks, webhooks.id, 'previousSecretEncrypted', webhooks.previousSecretEncrypted),
    placeOf('connection', connections, connections.id, 'tokensEncrypted', connections.tokensEncrypted),
    placeOf('endpoint', endpoints, endpoints.id, 'secretEncrypted', endpoints.secretEncrypted),
    placeOf('endpoint', endpoints, endpoints.id, 'previousSecretEncrypted', endpoints.previousSecretEncrypted),
    placeOf('oauth_state', oneTimeTokens, oneTimeTokens.id, 'secretEncrypted', oneTimeTokens.secretEncrypted),
    placeOf('stored_answer', idempotencyKeys, idempotencyKeys.key, 'responseBody', idempotencyKeys.responseBody),
  ]
  const beginsWith = (column: SQLiteColumn, prefix: string) => sql`substr(${column}, 1, ${prefix.length}) = ${prefix}`
  const beginsWithNone = (column: SQLiteColumn, prefixes: readonly string[]) =>
    and(isNotNull(column), ...prefixes.map((prefix) => sql`not ${beginsWith(column, prefix)}`))

  async function rows(q: Queries, { kind, table, ...place }: SealedColumn, where: SQL | undefined, limit: number) {
    const columns = { appId: place.appId, id: place.id, sealed: place.sealed }
    const found = await q.select(columns).from(table).where(where).limit(limit)
    return found.map((row) => ({ kind, ...row }) as SealedRow)
  }
  const counted = async (q: Queries, { table }: SealedColumn, where: SQL | undefined) =>
    (await q.select({ n: count() }).from(table).where(where))[0]?.n ?? 0

  return {
    places,
    /** Returns some secrets of a column with the prefix. */
    withPrefix: (q: Queries, place: SealedColumn, prefix: string, limit: number): Promise<SealedRow[]> =>
      rows(q, place, beginsWith(place.sealed, prefix), limit),
    countWithPrefix: (q: Queries, place: SealedColumn, prefix: string): Promise<number> =>
      counted(q, place, beginsWith(place.sealed, prefix)),
    /** Returns some secrets of a column with none of the prefixes. */
    withoutPrefix: (
      q: Queries,
      place: SealedColumn,
      prefixes: readonly string[],
      limit: number,
    ): Promise<SealedRow[]> => rows(q, place, beginsWithNone(place.sealed, prefixes), limit),
    countWithoutPrefix: (q: Queries, place: SealedColumn, prefixes: readonly string[]): Promise<number> =>
      counted(q, place, beginsWithNone(place.sealed, prefixes)),
    /** Replaces a secret unless it has changed since it was read. @returns whether it was replaced. */
    async replace(q: Queries, place: SealedColumn, row: SealedRow, sealed: string): Promise<boolean> {
      const isUnchanged = and(eq(place.appId, row.appId), eq(place.id, row.id), eq(place.sealed, row.sealed))
      const replaced = await q
        .update(place.table)
        .set({ [place.field]: sealed } as never)
        .where(isUnchanged)
        .returning({ id: place.id })
      return replaced.length > 0
    },
  }
}
