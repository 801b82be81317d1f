import { eq } from 'drizzle-orm'
import { createPacker, packed } from '../../src/analytics/packed-figures'
import type { Database, Queries } from '../../src/db/database'

/**
 * The rows of one app, in every table. Two apps seeded so have the same natural keys: Dialpad's ids, external ids,
 * idempotency keys, numbers, users, instants. Only our ids differ; each begins as the app's id does, so that a row names its owner.
 */

const DAY = 86_400_000
const HOUR_MS = 3_600_000
/** Now, so that no job of a running server finds the rows too old. */
export const AT = Date.now()
const FOUR_DAYS_MS = 4 * 86_400_000
/** A day whose figures are rolled up, the first of four. */
export const EARLIER_DAY_AT = AT - (AT % FOUR_DAYS_MS) - FOUR_DAYS_MS
const OLD = AT - DAY
export const PHONE = '+15555550109'
const OUR_PHONE = '+15555550105'
export const USERS = { ann: 5_000_001, bob: 5_000_002, carl: 5_000_003 } as const
export const CALLS = { open: 7_000_001, ended: 7_000_002, nobodys: 7_000_003 } as const
/** A leg known by its link alone, in a conversation of its app's own. */
export const LINKED = 7_000_009
export const MESSAGE = 8_000_001
export const CONVERSATION = '019a4f6e-0a10-7c55-8c0d-00000000c0de'
/** No leg of it is stored. */
const EARLIER_CONVERSATION = '019a4f6e-0a10-7c55-8c0d-00000000c0df'
export const CUSTOMER = 'customer-1'
export const IDEMPOTENCY_KEY = 'order-4711'
/** It holds events of both apps. */
export const WORKER = 'worker-1'
const ORG = 4_829_103

export interface SeededApp {
  id: string
  /** What the app's id and those of all its rows begin with. */
  mark: string
  /** Our id of a row: `idOf('call-1')`. */
  idOf(name: string): string
  /** How many stream entries it has; that they differ shows a query that mixes the two up. */
  entries: number
}

/** @param id a UUID. */
export function seededApp(id: string, entries: number): SeededApp {
  const mark = id.slice(0, 24)
  const tail = (name: string) => new Bun.CryptoHasher('sha256').update(name).digest('hex').slice(0, 12)
  return { id, mark, entries, idOf: (name) => `${mark}${tail(name)}` }
}

const stamps = { createdAt: AT, updatedAt: AT }

export async function insertAppRow(q: Queries, { tables }: Database, app: SeededApp): Promise<void> {
  await q.insert(tables.apps).values({ id: app.id, name: 'CRM', active: app.entries > 3, orgId: ORG, ...stamps })
  await q.insert(tables.apiKeys).values({
    id: app.idOf('key-1'),
    appId: app.id,
    prefix: app.idOf('prefix'),
    hash: 'hash',
    hint: 'raw_…1234',
    createdAt: AT,
  })
}

/** @param media where recordings lie; each app's have a path of their own. */
export async function insertRecords(
  q: Queries,
  { tables }: Database,
  app: SeededApp,
  media = 'https://dialpad.com',
): Promise<void> {
  const { id: appId, idOf } = app
  const recordingSourceUrl = `${media}/blob/${appId}`
  const party = { id: 1, type: 'local', name: 'Sample Caller', phone: PHONE, email: null }
  const call = {
    appId,
    conversationId: CONVERSATION,
    direction: 'inbound' as const,
    fromNumber: PHONE,
    toNumber: OUR_PHONE,
    externalNumber: PHONE,
    startedAt: AT,
    contact: party,
    target: party,
    jobId: 'job-1',
    labels: [],
    recordingSourceUrl,
    transcript: `of ${appId}`,
    source: 'webhook' as const,
    snapshotAt: AT,
    ...stamps,
  }
  await q.insert(tables.calls).values([
    { ...call, id: idOf('call-1'), dialpadCallId: CALLS.open, status: 'active', dialpadUserId: USERS.ann },
    {
      ...call,
      id: idOf('call-2'),
      dialpadCallId: CALLS.ended,
      status: 'ended',
      dialpadUserId: USERS.bob,
      durationSeconds: 60,
      endedAt: AT + 60_000,
    },
    {
      ...call,
      id: idOf('call-3'),
      dialpadCallId: CALLS.nobodys,
      status: 'ringing',
      customerId: CUSTOMER,
      customData: {},
    },
  ])
  await q.insert(tables.callStates).values([
    { callId: idOf('call-1'), state: 'ringing', at: AT },
    { callId: idOf('call-2'), state: 'hangup', at: AT },
  ])
  await q
    .insert(tables.callLinks)
    .values(Object.values(CALLS).map((dialpadCallId) => ({ appId, dialpadCallId, conversationId: CONVERSATION })))
  await q.insert(tables.callLinks).values({ appId, dialpadCallId: LINKED, conversationId: idOf('conversation') })
  const conversation = {
    appId,
    direction: 'inbound' as const,
    status: 'active' as const,
    outcome: 'open' as const,
    fromNumber: PHONE,
    toNumber: OUR_PHONE,
    externalNumber: PHONE,
    startedAt: AT,
    answeredAt: AT,
    waitedSeconds: 0,
    talkSeconds: app.entries,
    holdSeconds: 0,
    contact: party,
    target: party,
    jobId: 'job-1',
    isInternal: false,
    legCount: 3,
    ...stamps,
  }
  await q.insert(tables.conversations).values([
    { ...conversation, id: CONVERSATION, dialpadUserId: USERS.ann },
    { ...conversation, id: EARLIER_CONVERSATION, startedAt: AT - 1 },
  ])
  await q.insert(tables.conversationRebuilds).values({ appId })
  const hourAt = HOUR_MS * Math.floor(AT / HOUR_MS)
  // The second one divides the four hours before into hours, whatever the hour of the run.
  await q
    .insert(tables.analyticsChangedHours)
    .values([hourAt, hourAt - 2 * HOUR_MS].map((at) => ({ appId, hourAt: at })))
  const packer = createPacker()
  packer.add('inbound', null, { offered: app.entries, answered: 1, messagesIn: 1 })
  const figures = packed(packer)
  await q.insert(tables.analyticsRollups).values([
    { appId, groupBy: 'direction', size: 'hour', bucketAt: hourAt - HOUR_MS, figures },
    { appId, groupBy: 'direction', size: 'day', bucketAt: EARLIER_DAY_AT, figures },
  ])
  await q
    .insert(tables.agentStatuses)
    .values({ appId, dialpadUserId: USERS.ann, data: { on_duty_status: `of ${appId}` }, at: AT })
  await q.insert(tables.routeHints).values({ appId, kind: 'user', dialpadId: USERS.ann })
  const message = {
    appId,
    direction: 'inbound' as const,
    fromNumber: PHONE,
    toNumbers: [OUR_PHONE],
    toNumber: OUR_PHONE,
    externalNumber: PHONE,
    text: `Hello from ${appId}`,
    status: 'success',
    sentAt: AT,
    snapshotAt: AT,
    ...stamps,
  }
  await q.insert(tables.messages).values([
    { ...message, id: idOf('message-1'), dialpadMessageId: MESSAGE, dialpadUserId: USERS.ann },
    { ...message, id: idOf('message-2'), dialpadMessageId: MESSAGE + 1, dialpadUserId: USERS.bob },
    { ...message, id: idOf('message-3'), dialpadMessageId: MESSAGE + 2 },
  ])
  const voicemail = { appId, fromNumber: PHONE, toNumber: OUR_PHONE, snapshotAt: AT, ...stamps }
  await q.insert(tables.voicemails).values([
    {
      ...voicemail,
      id: idOf('voicemail-1'),
      dialpadCallId: CALLS.open,
      dialpadUserId: USERS.ann,
      recordingSourceUrl,
    },
    {
      ...voicemail,
      id: idOf('voicemail-2'),
      dialpadCallId: CALLS.ended,
      dialpadUserId: USERS.bob,
      recordingSourceUrl,
    },
    { ...voicemail, id: idOf('voicemail-3'), dialpadCallId: CALLS.nobodys, recordingSourceUrl },
  ])
  await q.insert(tables.dialpadUserMappings).values([
    { id: idOf('mapping-1'), appId, dialpadUserId: USERS.ann, crmUserId: 'ann', ...stamps },
    { id: idOf('mapping-2'), appId, dialpadUserId: USERS.bob, crmUserId: 'bob', ...stamps },
    { id: idOf('mapping-3'), appId, dialpadUserId: USERS.carl, crmUserId: idOf('carl'), ...stamps },
  ])
  const customer = { appId, name: 'Grace Hopper', attributes: {}, url: `https://crm.example.com/${appId}`, ...stamps }
  await q.insert(tables.customers).values([
    { ...customer, id: idOf('customer-1'), externalId: CUSTOMER },
    { ...customer, id: idOf('customer-2'), externalId: 'customer-2' },
  ])
  await q.insert(tables.customerPhones).values([{ customerId: idOf('customer-1'), appId, phone: PHONE }])
}

/** @param options secrets as they are sealed, where the server is reached, and the id of its endpoint at Dialpad. */
export async function insertMachinery(
  q: Queries,
  { tables }: Database,
  app: SeededApp,
  { secret = 'sealed', tokens = 'sealed', url = 'https://cti.example.com', endpoint = 600 } = {},
): Promise<void> {
  const { id: appId, idOf } = app
  await q.insert(tables.apiKeyAuditLog).values({
    id: idOf('audit-1'),
    appId,
    action: 'created',
    performedBy: 'admin',
    performedAt: AT,
  })
  const event = {
    appId,
    webhookId: idOf('webhook-1'),
    source: 'webhook' as const,
    eventType: 'call.ring',
    dialpadCallId: CALLS.open,
    body: '{}',
    nextAttemptAt: AT,
    receivedAt: AT,
  }
  await q.insert(tables.webhookEvents).values([
    { ...event, id: idOf('event-1'), dedupeKey: `${appId}:open`, status: 'failed', error: 'broken' },
    {
      ...event,
      id: idOf('event-2'),
      dedupeKey: `${appId}:held`,
      status: 'pending',
      attempts: 1,
      claimedBy: WORKER,
      claimedUntil: AT + DAY,
    },
  ])
  await q.insert(tables.dialpadWebhooks).values({
    id: idOf('webhook-1'),
    appId,
    kind: 'webhook',
    dialpadWebhookId: endpoint,
    hookUrl: `${url}/webhooks/dialpad/${idOf('webhook-1')}`,
    secretEncrypted: secret,
    ...stamps,
  })
  await q.insert(tables.dialpadSubscriptions).values({
    id: idOf('subscription-1'),
    appId,
    webhookId: idOf('webhook-1'),
    kind: 'call',
    dialpadSubscriptionId: endpoint + 1,
    settings: {},
    createdAt: AT,
  })
  const outgoing = {
    appId,
    url: `http://127.0.0.1:9/${appId}`,
    events: [],
    secretEncrypted: secret,
    deliveredSeq: 1,
    leaseOwner: idOf('worker'),
    ...stamps,
  }
  await q.insert(tables.endpoints).values([
    { ...outgoing, id: idOf('endpoint-1') },
    { ...outgoing, id: idOf('endpoint-2'), active: false, disabledAt: AT, disabledReason: 'gone' },
  ])
  const delivery = { appId, endpointId: idOf('endpoint-1'), event: 'call.ring', lastAttemptAt: AT, createdAt: AT }
  await q.insert(tables.endpointDeliveries).values([
    { ...delivery, seq: 1, status: 'delivered', failures: 0, deliveredAt: AT },
    { ...delivery, seq: 2, status: 'pending', failures: 1, nextAttemptAt: AT },
  ])
  const attempt = { appId, endpointId: idOf('endpoint-1'), attemptedAt: AT, latencyMs: 5 }
  await q.insert(tables.endpointAttempts).values([
    { ...attempt, id: idOf('attempt-1'), seq: 1, responseStatus: 200, responseBody: `of ${appId}` },
    { ...attempt, id: idOf('attempt-2'), seq: 2, error: 'The connection was refused.' },
  ])
  await q.insert(tables.dialpadConnections).values({
    id: idOf('connection-1'),
    appId,
    orgId: ORG,
    companyName: 'Example',
    tokensEncrypted: tokens,
    status: 'connected',
    ...stamps,
  })
  await q.insert(tables.oneTimeTokens).values({
    id: idOf('token-1'),
    appId,
    purpose: 'connect_link',
    expiresAt: AT + DAY,
  })
  await q.insert(tables.backfills).values({ appId, watermarkAt: AT })
  await q.insert(tables.idempotencyKeys).values({
    appId,
    key: IDEMPOTENCY_KEY,
    requestHash: 'hash',
    createdAt: AT,
    expiresAt: AT + DAY,
  })
}

/** The last entry is new, those before are old; ann's and bob's take turns. */
export async function insertStream(q: Queries, { tables }: Database, { id: appId, entries }: SeededApp): Promise<void> {
  const rows = Array.from({ length: entries }, (_, index) => {
    const seq = index + 1
    const userId = index % 2 === 0 ? 'ann' : 'bob'
    return {
      appId,
      seq,
      event: 'call.ring',
      userId,
      dialpadUserId: userId === 'ann' ? USERS.ann : USERS.bob,
      data: JSON.stringify({ event: 'call.ring', seq, user_id: userId, owner: appId, timestamp: new Date(AT) }),
      createdAt: seq === entries ? AT : OLD,
    }
  })
  await q.insert(tables.streamEntries).values(rows)
  await q.update(tables.apps).set({ streamSeq: entries }).where(eq(tables.apps.id, appId))
}

/** Every row of every table. */
export async function dump(q: Queries, { tables }: Database): Promise<string[]> {
  const named = Object.entries(tables)
  const found = await Promise.all(named.map(([, table]) => q.select().from(table as typeof tables.apps)))
  return found.flatMap((rows, index) => rows.map((row) => `${named[index]![0]} ${JSON.stringify(row)}`)).sort()
}

/** Of a dump, the rows of one app. */
export const rowsOf = (rows: string[], { mark }: SeededApp): string[] => rows.filter((row) => row.includes(mark))
