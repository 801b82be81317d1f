import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { equalSecrets } from '../lib/constant-time'
import { DomainError } from '../lib/errors'
import { createSemaphore } from '../lib/semaphore'
import { checksumOf, isApiKey, prefixOf } from './api-key'
import { createLegacyKeyCheck, type KeyAttempt } from './legacy-key-check'
import type { AuthStore, KeyRow } from './store'

/**
 * bcrypt takes ~50 ms, so it runs once per key and process. A verified key is cached by its SHA-256, and later requests only
 * check its row. Rotation and revocation arrive through the `keys` channel. A lost notification has an effect for at most
 * `RECHECK_MS`. A wrong key needs no bcrypt, because its prefix is unknown or its checksum differs.
 */
const RECHECK_MS = 10_000
const TOUCH_MS = 60_000
const PARALLEL_BCRYPT = 2
const MAX_REMEMBERED = 10_000

export interface VerifiedKey {
  appId: string
  keyId: string
  /** End of the key's grace period, ms since the epoch. */
  expiresAt: number | null
}

interface Remembered {
  row: KeyRow
  checkedAt: number
  touchedAt: number
}

export type KeyVerifier = ReturnType<typeof createKeyVerifier>

export function createKeyVerifier(deps: { database: Database; store: AuthStore; clock: Clock }) {
  const { database, store, clock } = deps
  const remembered = new Map<string, Remembered>()
  /** Checks in progress. Concurrent requests with the same key share one. */
  const pending = new Map<string, Promise<Remembered>>()
  /** Increases with every notification, because rows read earlier may be outdated. */
  let generation = 0
  const bcryptTurn = createSemaphore(PARALLEL_BCRYPT)
  const verifyLegacy = createLegacyKeyCheck()

  const isActive = (row: KeyRow) => row.revokedAt === null && (row.expiresAt === null || row.expiresAt > clock())

  async function isKeyOf(row: KeyRow, key: string, attempt: KeyAttempt): Promise<boolean> {
    if (row.checksum !== null)
      return equalSecrets(row.checksum, checksumOf(key)) && bcryptTurn(() => Bun.password.verify(key, row.hash))
    if (!(await verifyLegacy(key, row.hash, attempt))) return false
    await store.setChecksum(database.queries, row.id, checksumOf(key))
    return true
  }

  async function check(
    key: string,
    id: string,
    known: Remembered | undefined,
    attempt: KeyAttempt,
  ): Promise<Remembered> {
    const readAt = generation
    const row = known
      ? await store.keyById(database.queries, known.row.id)
      : await store.keyByPrefix(database.queries, prefixOf(key))
    if (!row || !(known || (await isKeyOf(row, key, attempt)))) {
      remembered.delete(id)
      throw invalidKey()
    }
    const entry = {
      row,
      checkedAt: readAt === generation ? clock() : Number.NEGATIVE_INFINITY,
      touchedAt: known?.touchedAt ?? 0,
    }
    // biome-ignore lint/style/noNonNullAssertion: the map is full, so it has a first key
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!)
    remembered.set(id, entry)
    return entry
  }

  function find(key: string, attempt: KeyAttempt): Promise<Remembered> | Remembered {
    const id = digest(key)
    const known = remembered.get(id)
    if (known && clock() - known.checkedAt < RECHECK_MS) return known
    const underWay = pending.get(id)
    if (underWay) return underWay
    const checking = check(key, id, known, attempt).finally(() => pending.delete(id))
    pending.set(id, checking)
    return checking
  }

  return {
    /** @throws DomainError api_key_invalid (401), app_inactive (403) or, for a key of version 0.1, rate_limited (429). */
    async verify(key: string, attempt: KeyAttempt): Promise<VerifiedKey> {
      if (!isApiKey(key)) throw invalidKey()
      const entry = await find(key, attempt)
      if (!isActive(entry.row)) throw invalidKey()
      if (!entry.row.appActive)
        throw new DomainError('app_inactive', 'This app is inactive. Ask the server operator to activate it.')
      if (clock() - entry.touchedAt >= TOUCH_MS) {
        entry.touchedAt = clock()
        await store.touchKey(database.queries, entry.row.id, clock())
      }
      return { appId: entry.row.appId, keyId: entry.row.id, expiresAt: entry.row.expiresAt }
    },

    /**
     * End of a key, or of an app for credentials without a key.
     * @returns ms since the epoch; 0 if it has ended, Infinity if it has no end.
     */
    async endOf({ appId, keyId }: { appId: string; keyId: string | null }): Promise<number> {
      if (keyId === null) return (await store.isAppActive(database.queries, appId)) ? Infinity : 0
      const row = await store.keyById(database.queries, keyId)
      return row?.appActive === true && isActive(row) ? (row.expiresAt ?? Infinity) : 0
    },

    /** Checks the app's cached keys again on their next use, or the keys of all apps without an app id. */
    forget(appId?: string): void {
      generation++
      for (const entry of remembered.values())
        if (appId === undefined || entry.row.appId === appId) entry.checkedAt = Number.NEGATIVE_INFINITY
    },
  }
}

const digest = (key: string) => Bun.SHA256.hash(key, 'base64')
const invalidKey = () => new DomainError('api_key_invalid', 'The API key is unknown, rotated or revoked.')
