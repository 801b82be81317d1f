import { and, eq } from 'drizzle-orm'
import type { Database, Queries } from '../../db/database'
import type { Tables } from '../../db/tables'

export type WebhookRow = Tables['dialpadWebhooks']['$inferSelect']
export type SubscriptionRow = Tables['dialpadSubscriptions']['$inferSelect']

export type WebhookStore = ReturnType<typeof createWebhookStore>

export function createWebhookStore({
  tables: { dialpadWebhooks: webhooks, dialpadSubscriptions: subscriptions },
}: Database) {
  return {
    async insert(q: Queries, row: Tables['dialpadWebhooks']['$inferInsert']) {
      await q.insert(webhooks).values(row)
    },
    list: async (q: Queries, appId?: string): Promise<WebhookRow[]> =>
      q
        .select()
        .from(webhooks)
        .where(appId === undefined ? undefined : eq(webhooks.appId, appId))
        .orderBy(webhooks.id),
    ofKind: async (q: Queries, kind: WebhookRow['kind']): Promise<WebhookRow[]> =>
      q.select().from(webhooks).where(eq(webhooks.kind, kind)).orderBy(webhooks.id),
    async byId(q: Queries, id: string): Promise<WebhookRow | null> {
      return (await q.select().from(webhooks).where(eq(webhooks.id, id)))[0] ?? null
    },
    async update(q: Queries, id: string, set: Partial<WebhookRow>) {
      await q.update(webhooks).set(set).where(eq(webhooks.id, id))
    },
    async remove(q: Queries, id: string) {
      await q.delete(webhooks).where(eq(webhooks.id, id))
    },

    async insertSubscription(q: Queries, row: Tables['dialpadSubscriptions']['$inferInsert']) {
      await q.insert(subscriptions).values(row)
    },
    subscriptions: async (q: Queries, webhookId: string): Promise<SubscriptionRow[]> =>
      q.select().from(subscriptions).where(eq(subscriptions.webhookId, webhookId)).orderBy(subscriptions.id),
    async subscription(q: Queries, webhookId: string, id: string): Promise<SubscriptionRow | null> {
      const found = await q
        .select()
        .from(subscriptions)
        .where(and(eq(subscriptions.webhookId, webhookId), eq(subscriptions.id, id)))
      return found[0] ?? null
    },
    async updateSubscription(q: Queries, id: string, set: Partial<SubscriptionRow>) {
      await q.update(subscriptions).set(set).where(eq(subscriptions.id, id))
    },
    async removeSubscription(q: Queries, id: string) {
      await q.delete(subscriptions).where(eq(subscriptions.id, id))
    },
  }
}
