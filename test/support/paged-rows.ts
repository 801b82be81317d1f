import type { Database } from '../../src/db/database'

/**
 * Rows of an app for every list there is, dated so that a page of two ends between rows of equal instant as well as between
 * rows of different ones. Ids do not follow the instants.
 */

export const ROWS = 7
const T0 = 1_731_600_000_000

/** Three rows of one instant, three of the next, one of the last. */
const instantOf = (index: number): number => T0 + Math.floor(index / 3) * 1000
const indexes = Array.from({ length: ROWS }, (_, index) => index)

const uuid = (group: number, index: number): string =>
  `00000000-0000-7000-8000-${String(group).padStart(4, '0')}${String((index * 5) % ROWS).padStart(8, '0')}`

export function callRow(appId: string, id: string, dialpadCallId: number, startedAt: number) {
  return {
    id,
    appId,
    dialpadCallId,
    conversationId: id,
    direction: 'inbound' as const,
    status: 'ended' as const,
    startedAt,
    labels: [],
    source: 'webhook' as const,
    snapshotAt: startedAt,
    createdAt: startedAt,
    updatedAt: startedAt,
  }
}

/** @returns the ids of the webhook that has all the subscriptions and of the endpoint that has all the deliveries. */
export async function insertPagedRows({ queries: q, tables: t }: Database, appId: string) {
  const stamps = (index: number) => ({ createdAt: instantOf(index), updatedAt: instantOf(index) })
  const owned = (group: number, index: number) => ({ id: uuid(group, index), appId })

  const apps = indexes.map((index) => ({ id: uuid(1, index), name: `App ${index}`, ...stamps(index) }))
  await q.insert(t.apps).values(apps)
  await q.insert(t.calls).values(
    indexes.map((index) => ({
      ...callRow(appId, uuid(2, index), 100 + index, instantOf(index)),
      // A call without a duration lies between those that have one, some of them of the same length.
      durationSeconds: index % 3 === 0 ? null : index % 2,
    })),
  )
  await q.insert(t.conversations).values(
    indexes.map((index) => ({
      ...owned(12, index),
      direction: 'inbound' as const,
      status: 'ended' as const,
      outcome: 'answered' as const,
      startedAt: instantOf(index),
      durationSeconds: index % 3 === 0 ? null : index % 2,
      talkSeconds: 0,
      holdSeconds: 0,
      isInternal: false,
      legCount: 1,
      ...stamps(index),
    })),
  )
  await q.insert(t.messages).values(
    indexes.map((index) => ({
      ...owned(3, index),
      dialpadMessageId: 100 + index,
      direction: 'inbound' as const,
      toNumbers: [],
      sentAt: instantOf(index),
      snapshotAt: instantOf(index),
      ...stamps(index),
    })),
  )
  await q.insert(t.voicemails).values(
    indexes.map((index) => ({
      ...owned(4, index),
      dialpadCallId: 100 + index,
      snapshotAt: instantOf(index),
      ...stamps(index),
    })),
  )
  await q.insert(t.customers).values(
    indexes.map((index) => ({
      ...owned(5, index),
      externalId: `customer-${index}`,
      name: `Of the same name ${Math.floor(index / 3)}`,
      attributes: {},
      ...stamps(index),
    })),
  )
  await q.insert(t.dialpadUserMappings).values(
    indexes.map((index) => ({
      ...owned(6, index),
      dialpadUserId: 100 + index,
      crmUserId: `crm-${index}`,
      ...stamps(index),
    })),
  )
  await q.insert(t.apiKeyAuditLog).values(
    indexes.map((index) => ({
      ...owned(7, index),
      action: 'rotated' as const,
      performedBy: 'admin',
      performedAt: instantOf(index),
    })),
  )
  await q.insert(t.webhookEvents).values(
    indexes.map((index) => ({
      ...owned(8, index),
      source: 'webhook' as const,
      dedupeKey: `paged-${index}`,
      eventType: 'ringing',
      body: '{}',
      status: 'processed' as const,
      nextAttemptAt: instantOf(index),
      receivedAt: instantOf(index),
    })),
  )
  await q.insert(t.dialpadConnections).values(
    apps.map(({ id }, index) => ({
      id: uuid(9, index),
      appId: id,
      tokensEncrypted: 'sealed',
      status: 'connected' as const,
      ...stamps(index),
    })),
  )
  await q.insert(t.dialpadWebhooks).values(
    indexes.map((index) => ({
      ...owned(10, index),
      kind: 'webhook' as const,
      secretEncrypted: 'sealed',
      ...stamps(index),
    })),
  )
  await q.insert(t.dialpadSubscriptions).values(
    indexes.map((index) => ({
      ...owned(11, index),
      webhookId: uuid(10, 0),
      kind: 'call' as const,
      dialpadSubscriptionId: 100 + index,
      settings: {},
      createdAt: instantOf(index),
    })),
  )
  await q.insert(t.endpoints).values(
    indexes.map((index) => ({
      ...owned(13, index),
      url: 'https://example.com/hook',
      events: [],
      active: false,
      secretEncrypted: 'sealed',
      deliveredSeq: 0,
      ...stamps(index),
    })),
  )
  await q.insert(t.endpointDeliveries).values(
    indexes.map((index) => ({
      endpointId: uuid(13, 0),
      seq: index + 1,
      appId,
      event: 'call.ring',
      status: 'delivered' as const,
      failures: 0,
      lastAttemptAt: instantOf(index),
      createdAt: instantOf(index),
    })),
  )
  return { webhookId: uuid(10, 0), endpointId: uuid(13, 0) }
}
