import { getLogger } from '@logtape/logtape'
import type { Database } from '../db/database'
import type { SecretBox } from '../lib/secret-box'
import type { Warning } from '../observability/warnings'
import type { SealedKind, SealedRow, SealedStore } from './sealed-store'

const log = getLogger(['cti', 'maintenance'])

const STEP = 100
const MAX_NAMED = 100

export interface SealedState {
  /** Number encrypted with the first key, and with another one. */
  current: number
  underOldKeys: number
  /** Number that no key of `ENCRYPTION_KEY` can decrypt. */
  unreadable: number
  /** Examples of unreadable secrets. */
  named: Omit<SealedRow, 'sealed'>[]
}

export type SealedSecrets = ReturnType<typeof createSealedSecrets>

/** Counts the secrets encrypted with `ENCRYPTION_KEY`, and re-encrypts them with its first key. */
export function createSealedSecrets(deps: { database: Database; store: SealedStore; secretBox: SecretBox }) {
  const { database, store, secretBox } = deps
  const q = database.queries
  const [current, ...old] = secretBox.prefixes

  async function state(): Promise<SealedState> {
    const state: SealedState = { current: 0, underOldKeys: 0, unreadable: 0, named: [] }
    for (const place of store.places) {
      // biome-ignore lint/style/noNonNullAssertion: the settings have at least one encryption key
      state.current += await store.countWithPrefix(q, place, current!)
      for (const prefix of old) state.underOldKeys += await store.countWithPrefix(q, place, prefix)
      state.unreadable += await store.countWithoutPrefix(q, place, secretBox.prefixes)
      const rows = await store.withoutPrefix(q, place, secretBox.prefixes, MAX_NAMED)
      state.named.push(...rows.map(({ kind, appId, id }) => ({ kind, appId, id })))
    }
    return state
  }

  return {
    state,

    /** Re-encrypts all secrets of old keys with the first key. @returns the number of secrets by result. */
    async reseal(): Promise<SealedState & { resealed: number }> {
      let resealed = 0
      for (const place of store.places)
        for (const prefix of old)
          for (let isMore = true; isMore; ) {
            const rows = await store.withPrefix(q, place, prefix, STEP)
            let moved = 0
            for (const row of rows) {
              const plain = await secretBox.open(row.sealed).catch(() => null)
              // It was altered. Keep it and count it under an old key.
              if (plain === null) continue
              // A secret that another request changed meanwhile already uses the first key.
              await store.replace(q, place, row, await secretBox.seal(plain))
              moved++
            }
            resealed += moved
            isMore = moved > 0 && rows.length === STEP
          }
      const after = await state()
      log.info('encrypted {resealed} secrets with the first key; {left} still have an old key', {
        resealed,
        left: after.underOldKeys,
      })
      return { resealed, ...after }
    },

    /** Warns of secrets that no key can decrypt, except those that expire within a day. */
    async warnings(): Promise<Warning[]> {
      const { named } = await state()
      const once = [...new Map(named.map((row) => [row.id, row])).values()]
      return once.flatMap(({ kind, appId, id }) => {
        const fix = FIXES[kind]
        if (!fix) return []
        return [
          {
            code: 'secret_unreadable' as const,
            message: `${fix.what} ${kind === 'connection' ? `app ${appId}` : id} cannot be decrypted with any ENCRYPTION_KEY.`,
            action: `Add the key it was encrypted with to ENCRYPTION_KEY, or ${fix.otherwise}.`,
            subject: id,
          },
        ]
      })
    },
  }
}

const FIXES: Partial<Record<SealedKind, { what: string; otherwise: string }>> = {
  webhook: { what: 'The secret of webhook', otherwise: 'delete the webhook and create it again' },
  connection: { what: 'The Dialpad tokens of', otherwise: 'connect the app again' },
  endpoint: { what: 'The secret of endpoint', otherwise: 'rotate its secret' },
}
