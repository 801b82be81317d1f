import type { AppService } from '../apps/service'
import type { Database, Transaction } from '../db/database'
import type { Clock } from '../lib/clock'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError, type FieldError } from '../lib/errors'
import { newId } from '../lib/id'
import type { MappingRow, UserStore } from './store'

export interface Pair {
  dialpad_user_id: number
  crm_user_id: string
}

export type MappingService = ReturnType<typeof createMappingService>

/** Manages the mappings of an app. Changes lock the app's row, so that concurrent changes run one after the other. */
export function createMappingService(deps: {
  database: Database
  store: UserStore
  /** Locks the app's row until commit. Null if the app does not exist. */
  apps: Pick<AppService, 'lockApp' | 'requireApp'>
  cursors: Cursors
  clock: Clock
}) {
  const { database, store, apps, cursors, clock } = deps
  const q = database.queries

  async function change<T>(appId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return database.transaction(async (tx) => {
      await apps.lockApp(tx, appId)
      // Mapped users identify the app of events on the shared route.
      tx.notify('route_hints', appId)
      return work(tx)
    })
  }

  const save = (appId: string, pairs: Pair[]) =>
    change(appId, async (tx) => {
      const ids = pairs.map((pair) => pair.dialpad_user_id)
      const before = await store.crmUserIds(tx, appId, ids)
      const now = clock()
      const rows = pairs.map(({ dialpad_user_id, crm_user_id }) => ({
        id: newId(),
        appId,
        dialpadUserId: dialpad_user_id,
        crmUserId: crm_user_id,
        createdAt: now,
        updatedAt: now,
      }))
      return { mappings: await store.upsert(tx, rows), created: pairs.length - before.size, updated: before.size }
    })

  return {
    /** Creates or changes the mapping of a Dialpad user. */
    async map(appId: string, pair: Pair): Promise<MappingRow> {
      // biome-ignore lint/style/noNonNullAssertion: one pair gives one mapping
      return (await save(appId, [pair])).mappings[0]!
    },

    /**
     * Creates or changes many mappings in one transaction.
     * @throws DomainError validation_failed with each row that repeats a Dialpad user.
     */
    async mapMany(appId: string, pairs: Pair[]): Promise<{ count: number; created: number; updated: number }> {
      assertDistinct(pairs)
      const { created, updated } = await save(appId, pairs)
      return { count: pairs.length, created, updated }
    },

    async list(appId: string, page: PageRequest) {
      await apps.requireApp(appId)
      return paginate(
        cursors,
        `mappings:${appId}`,
        page,
        (limit, after, offset) => store.page(q, appId, limit, after?.id ?? null, offset),
        (row) => ({ value: 0, id: row.id }),
        () => store.count(q, appId),
      )
    },

    /** Returns the mapping of a Dialpad user. @throws DomainError mapping_not_found. */
    async ofDialpadUser(appId: string, dialpadUserId: number): Promise<MappingRow> {
      await apps.requireApp(appId)
      return found(await store.byDialpadUser(q, appId, dialpadUserId))
    },

    /** Returns the mappings of a CRM user, oldest first. @throws DomainError mapping_not_found if there is none. */
    async ofCrmUser(appId: string, crmUserId: string): Promise<MappingRow[]> {
      await apps.requireApp(appId)
      const rows = await store.byCrmUser(q, appId, crmUserId)
      found(rows[0])
      return rows
    },

    remove: (appId: string, id: string) => change(appId, async (tx) => found(await store.remove(tx, appId, id))),

    removeDialpadUser: (appId: string, dialpadUserId: number) =>
      change(appId, async (tx) => found(await store.removeDialpadUser(tx, appId, dialpadUserId))),
  }
}

function assertDistinct(pairs: Pair[]): void {
  const firstRow = new Map<number, number>()
  const errors: FieldError[] = []
  for (const [row, { dialpad_user_id }] of pairs.entries()) {
    const first = firstRow.get(dialpad_user_id)
    if (first === undefined) firstRow.set(dialpad_user_id, row)
    else
      errors.push({
        path: `mappings.${row}.dialpad_user_id`,
        message: `duplicate of row ${first}`,
      })
  }
  if (errors.length > 0)
    throw new DomainError('validation_failed', `${errors.length} rows repeat a Dialpad user.`, { errors })
}

function found(row: MappingRow | null | undefined): MappingRow {
  if (!row) throw new DomainError('mapping_not_found', 'No such mapping in this app.')
  return row
}
