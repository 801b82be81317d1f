import { eq, sql } from 'drizzle-orm'
import type { Database, Queries } from '../db/database'
import type { Tables } from '../db/tables'

export type WebhookSecretRow = Pick<
  Tables['dialpadWebhooks']['$inferSelect'],
  'id' | 'appId' | 'secretEncrypted' | 'previousSecretEncrypted' | 'previousSecretUntil'
>

/** Queries for the secrets and the delivery counts of webhooks. */
export function createWebhookSecretStore({ tables: { dialpadWebhooks: webhooks } }: Database) {
  return {
    async secrets(q: Queries, id: string): Promise<WebhookSecretRow | null> {
      const columns = {
        id: webhooks.id,
        appId: webhooks.appId,
        secretEncrypted: webhooks.secretEncrypted,
        previousSecretEncrypted: webhooks.previousSecretEncrypted,
        previousSecretUntil: webhooks.previousSecretUntil,
      }
      return (await q.select(columns).from(webhooks).where(eq(webhooks.id, id)))[0] ?? null
    },
    async countDeliveries(q: Queries, id: string, deliveries: number, at: number) {
      await q
        .update(webhooks)
        .set({ deliveryCount: sql`${webhooks.deliveryCount} + ${deliveries}`, lastDeliveryAt: at })
        .where(eq(webhooks.id, id))
    },
    async countFailure(q: Queries, id: string, reason: string, at: number) {
      await q
        .update(webhooks)
        .set({ failureCount: sql`${webhooks.failureCount} + 1`, lastFailureAt: at, lastFailure: reason })
        .where(eq(webhooks.id, id))
    },
  }
}

export type WebhookSecretStore = ReturnType<typeof createWebhookSecretStore>
