import type { Database, Transaction } from '../../db/database'

/** Changes a webhook and notifies instances that have its secrets in their cache. */
export const changed = (database: Database, webhookId: string, change: (tx: Transaction) => Promise<unknown>) =>
  database.transaction(async (tx) => {
    await change(tx)
    tx.notify('webhooks', webhookId)
  })
