import { checksumOf, hintOf, makeApiKey, prefixOf } from '../auth/api-key'
import type { Database, Transaction } from '../db/database'
import type { Clock } from '../lib/clock'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import { newId } from '../lib/id'
import type { AppRow, AppStore } from './store'

const BCRYPT_COST = 10

export interface IssuedKey {
  app: AppRow
  apiKey: string
  at: number
}

export type AppService = ReturnType<typeof createAppService>

/** Manages apps (tenants) and their API keys. Every key change notifies all instances on the `keys` channel. */
export function createAppService(deps: {
  database: Database
  store: AppStore
  cursors: Cursors
  clock: Clock
  /** bcrypt cost of new keys. */
  keyHashCost?: number | undefined
}) {
  const { database, store, cursors, clock, keyHashCost = BCRYPT_COST } = deps

  async function requireApp(id: string): Promise<AppRow> {
    const app = await store.byId(database.queries, id)
    if (!app) throw appNotFound(id)
    return app
  }

  /** Locks the app's row until commit, which serializes changes to the app's data. @throws DomainError app_not_found. */
  async function lockApp(tx: Transaction, id: string): Promise<AppRow> {
    const app = await store.lock(tx, id)
    if (!app) throw appNotFound(id)
    return app
  }

  /** Creates a key and the row with its hash. */
  async function issue(appId: string) {
    const apiKey = makeApiKey()
    const hash = await Bun.password.hash(apiKey, { algorithm: 'bcrypt', cost: keyHashCost })
    const hint = hintOf(apiKey)
    return {
      apiKey,
      hint,
      row: { id: newId(), appId, prefix: prefixOf(apiKey), hash, checksum: checksumOf(apiKey), hint },
    }
  }

  return {
    requireApp,
    lockApp,

    /** Creates an app and its first key, which is not stored and returned only here. */
    async create(name: string, performedBy: string): Promise<IssuedKey> {
      const id = newId()
      const { apiKey, hint, row } = await issue(id)
      const at = clock()
      return database.transaction(async (tx) => {
        await store.insert(tx, { id, name, createdAt: at, updatedAt: at })
        await store.insertKey(tx, { ...row, createdAt: at })
        const audit = {
          id: newId(),
          appId: id,
          action: 'created',
          newKeyHint: hint,
          performedBy,
          performedAt: at,
        } as const
        await store.insertAudit(tx, audit)
        tx.notify('keys', id)
        // biome-ignore lint/style/noNonNullAssertion: inserted above in this transaction
        return { app: (await store.byId(tx, id))!, apiKey, at }
      })
    },

    list: (page: PageRequest) =>
      paginate(
        cursors,
        'apps',
        page,
        (limit, after, offset) => store.list(database.queries, limit, after?.id ?? null, offset),
        (row) => ({ value: row.createdAt, id: row.id }),
        () => store.count(database.queries),
      ),

    async update(
      id: string,
      set: { name?: string; active?: boolean; orgId?: number | null; sharedRoute?: boolean },
    ): Promise<AppRow> {
      return database.transaction(async (tx) => {
        if (set.sharedRoute) await store.freeSharedRoute(tx, clock())
        const app = await store.update(tx, id, { ...set, updatedAt: clock() })
        if (!app) throw appNotFound(id)
        tx.notify('keys', id)
        return app
      })
    },

    /** Deletes the app and all its data. */
    async remove(id: string): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await store.remove(tx, id))) throw appNotFound(id)
        tx.notify('keys', id)
      })
    },

    /** @param graceSeconds how long the old key remains valid; 0 ends it immediately. */
    async rotateKey(id: string, graceSeconds: number, performedBy: string): Promise<IssuedKey> {
      const { apiKey, hint, row } = await issue(id)
      return database.transaction(async (tx) => {
        const app = await lockApp(tx, id)
        const at = clock()
        const [old] = await store.aliveKeys(tx, id, at)
        await store.expireKeys(tx, id, at, at + graceSeconds * 1000)
        await store.insertKey(tx, { ...row, createdAt: at })
        await store.insertAudit(tx, {
          id: newId(),
          appId: id,
          action: 'rotated',
          oldKeyHint: old?.hint ?? null,
          newKeyHint: hint,
          performedBy,
          performedAt: at,
        })
        tx.notify('keys', id)
        return { app, apiKey, at }
      })
    },

    /** Revokes all keys of the app. @returns the time of the revocation, ms since the epoch. */
    async revokeKey(id: string, performedBy: string): Promise<number> {
      return database.transaction(async (tx) => {
        await lockApp(tx, id)
        const at = clock()
        const [old] = await store.aliveKeys(tx, id, at)
        if (!old) throw new DomainError('key_not_found', 'The app has no active API key. Rotate the key to create one.')
        await store.expireKeys(tx, id, at, at)
        const audit = {
          id: newId(),
          appId: id,
          action: 'revoked',
          oldKeyHint: old.hint,
          performedBy,
          performedAt: at,
        } as const
        await store.insertAudit(tx, audit)
        tx.notify('keys', id)
        return at
      })
    },

    async keyStatus(id: string) {
      await requireApp(id)
      const [alive] = await store.aliveKeys(database.queries, id, clock())
      const newest = await store.newestKey(database.queries, id)
      return {
        hasActiveKey: alive !== undefined,
        keyHint: alive?.hint ?? null,
        lastRotatedAt: newest?.createdAt ?? null,
        lastUsedAt: alive?.lastUsedAt ?? null,
      }
    },

    async audit(id: string, page: PageRequest) {
      await requireApp(id)
      const q = database.queries
      return paginate(
        cursors,
        `audit:${id}`,
        page,
        (limit, after, offset) => store.audit(q, id, limit, after?.id ?? null, offset),
        (row) => ({ value: row.performedAt, id: row.id }),
        () => store.countAudit(q, id),
      )
    },
  }
}

const appNotFound = (id: string) => new DomainError('app_not_found', `No such app: ${id}`)
