import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { SecretBox } from '../lib/secret-box'
import type { WebhookSecretRow, WebhookSecretStore } from './webhook-store'

/** A lost notification leaves the cache outdated for at most this long. */
const RECHECK_MS = 5_000

interface Opened {
  row: WebhookSecretRow
  secret: string
  previous: string | null
}

export type WebhookSecrets = ReturnType<typeof createWebhookSecrets>

/** Cache of the decrypted webhook secrets, because every delivery needs them. */
export function createWebhookSecrets(deps: {
  database: Database
  store: WebhookSecretStore
  secretBox: SecretBox
  clock: Clock
}) {
  const { database, store, secretBox, clock } = deps
  const cache = new Map<string, { opened: Promise<Opened | null>; at: number }>()
  let isListening = false

  async function load(id: string): Promise<Opened | null> {
    const row = await store.secrets(database.queries, id)
    if (!row) return null
    const { secretEncrypted, previousSecretEncrypted } = row
    return {
      row,
      secret: await secretBox.open(secretEncrypted),
      // The current secret must remain valid even if the previous one cannot be decrypted.
      previous: previousSecretEncrypted ? await secretBox.open(previousSecretEncrypted).catch(() => null) : null,
    }
  }

  function find(id: string): Promise<Opened | null> {
    if (!isListening) return load(id)
    const known = cache.get(id)
    if (known && performance.now() - known.at < RECHECK_MS) return known.opened
    const entry = { opened: load(id), at: performance.now() }
    cache.set(id, entry)
    const evict = () => {
      if (cache.get(id) === entry) cache.delete(id)
    }
    entry.opened.then((opened) => opened ?? evict(), evict)
    return entry.opened
  }

  return {
    async start(): Promise<void> {
      await database.listen(
        'webhooks',
        (id) => cache.delete(id),
        () => cache.clear(),
      )
      // Deleting an app deletes its webhooks.
      await database.listen(
        'keys',
        () => cache.clear(),
        () => cache.clear(),
      )
      isListening = true
    },
    /** The webhook's app and its valid secrets, or null if the webhook does not exist. */
    async open(id: string): Promise<{ appId: string; secrets: string[] } | null> {
      const opened = await find(id).catch(async (error: unknown) => {
        if (error instanceof DomainError) await store.countFailure(database.queries, id, error.detail, clock())
        throw error
      })
      if (!opened) return null
      const { row, secret, previous } = opened
      const isPreviousValid = previous !== null && (row.previousSecretUntil ?? 0) > clock()
      return { appId: row.appId, secrets: isPreviousValid ? [secret, previous] : [secret] }
    },
    countDeliveries: (id: string, deliveries: number, at: number) =>
      store.countDeliveries(database.queries, id, deliveries, at),
    countFailure: (id: string, reason: string) => store.countFailure(database.queries, id, reason, clock()),
  }
}
