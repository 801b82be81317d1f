import { createAnalyticsStore } from '../../src/analytics/store'
import { createJobStore } from '../../src/app/job-store'
import { createAppStore } from '../../src/apps/store'
import { createSessionStore } from '../../src/auth/session-store'
import { createAuthStore } from '../../src/auth/store'
import { createCallStore } from '../../src/calls/store'
import { createCustomerStore } from '../../src/customers/store'
import type { Database, Transaction } from '../../src/db/database'
import { createBackfillStore } from '../../src/dialpad/backfill/store'
import { createConnectionStore } from '../../src/dialpad/connections/store'
import { createTranscriptStore } from '../../src/dialpad/transcripts/store'
import { createWebhookStore } from '../../src/dialpad/webhooks/store'
import { createDeliveryStore, type DeliveryOutcome } from '../../src/endpoints/delivery-store'
import { createEndpointStore } from '../../src/endpoints/store'
import { createInstanceStore } from '../../src/events/instance-store'
import { createRouteHintStore } from '../../src/events/route-hint-store'
import { createEventStore } from '../../src/events/store'
import { createWebhookSecretStore } from '../../src/events/webhook-store'
import { createIdempotencyStore } from '../../src/http/idempotency/store'
import { createLoadStore } from '../../src/maintenance/load-store'
import { createSealedStore } from '../../src/maintenance/sealed-store'
import { createMaintenanceStore } from '../../src/maintenance/store'
import { createMessageStore } from '../../src/messages/store'
import { createStreamStore } from '../../src/stream/store'
import { createUserStore } from '../../src/users/store'
import { createVoicemailStore } from '../../src/voicemails/store'
import {
  AT,
  CALLS,
  CONVERSATION,
  CUSTOMER,
  EARLIER_DAY_AT,
  IDEMPOTENCY_KEY,
  LINKED,
  MESSAGE,
  PHONE,
  type SeededApp,
  USERS,
  WORKER,
} from './seed'

/** Calls one method for the app `me`, with the natural keys another app has too. Several calls when it has branches. */
type Run<Store> = (store: Store, tx: Transaction, me: SeededApp, other: SeededApp) => Promise<unknown>
/** A method that serves the whole server on purpose, and why. */
interface Whole {
  whole: string
}
type Cases<Store> = { [method in keyof Store]: Run<Store> | Run<Store>[] | Whole }

export interface StoreCases {
  create(database: Database): object
  cases: Record<string, unknown>
}

const whole = (reason: string): Whole => ({ whole: reason })
const forStore = <Store extends object>(create: (database: Database) => Store, cases: Cases<Store>): StoreCases => ({
  create,
  cases,
})

const LATER = AT + 1000
const both = Object.values(CALLS)
const some = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error('the row the case begins with is not there')
  return value
}
/** A method that takes our id of a row finds the app's own, and nothing under the other's. */
async function forIds(
  me: SeededApp,
  other: SeededApp,
  name: string,
  ask: (id: string) => Promise<unknown>,
): Promise<unknown> {
  const found = await ask(me.idOf(name))
  if (await ask(other.idOf(name))) throw new Error(`the id of the other app's ${name} leads to a row`)
  return found
}
const operators = 'an operator reads it across apps'

const appStore = forStore(createAppStore, {
  insert: whole('makes an app: there is none yet to be limited to'),
  list: whole(operators),
  all: whole(operators),
  count: whole(operators),
  byId: (s, tx, me) => s.byId(tx, me.id),
  lock: (s, tx, me) => s.lock(tx, me.id),
  update: (s, tx, me) => s.update(tx, me.id, { name: 'Renamed', updatedAt: LATER }),
  freeSharedRoute: whole('takes the shared route from whichever app has it'),
  remove: (s, tx, me) => s.remove(tx, me.id),
  insertKey: (s, tx, me) =>
    s.insertKey(tx, { id: me.idOf('key-2'), appId: me.id, prefix: me.idOf('p2'), hash: 'h', hint: 'h', createdAt: AT }),
  aliveKeys: (s, tx, me) => s.aliveKeys(tx, me.id, AT),
  newestKey: (s, tx, me) => s.newestKey(tx, me.id),
  expireKeys: [(s, tx, me) => s.expireKeys(tx, me.id, AT, AT), (s, tx, me) => s.expireKeys(tx, me.id, AT, LATER)],
  insertAudit: (s, tx, me) =>
    s.insertAudit(tx, { id: me.idOf('a2'), appId: me.id, action: 'rotated', performedBy: 'admin', performedAt: AT }),
  audit: [(s, tx, me) => s.audit(tx, me.id, 10, null, 0), (s, tx, me) => s.audit(tx, me.id, 10, 'zzz', 0)],
  countAudit: (s, tx, me) => s.countAudit(tx, me.id),
})

const newestFirst = { by: 'started_at', descending: true } as const

const callStore = forStore(createCallStore, {
  links: (s, tx, me) => s.links(tx, me.id, [...both, LINKED]),
  saveLinks: (s, tx, me) => s.saveLinks(tx, [{ appId: me.id, dialpadCallId: 9, conversationId: CONVERSATION }]),
  mergeConversation: (s, tx, me) => s.mergeConversation(tx, me.id, CONVERSATION, 'conversation-2'),
  byDialpadIds: (s, tx, me) => s.byDialpadIds(tx, me.id, both),
  states: (s, tx, me) => s.states(tx, [me.idOf('call-1')]),
  statesOf: (s, tx, me) => s.statesOf(tx, me.id, both),
  async save(s, tx, me) {
    const call = some((await s.byDialpadIds(tx, me.id, both)).get(CALLS.open))
    await s.save(tx, [
      { ...call, status: 'ended' },
      { ...call, id: me.idOf('call-9'), dialpadCallId: 7_000_099 },
    ])
  },
  saveChanges: async (s, tx, me) => {
    const row = some([...(await s.byDialpadIds(tx, me.id, both)).values()][0])
    await s.saveChanges(tx, [{ ...row, status: 'held' }], new Map([[row.dialpadCallId, row]]))
  },
  saveStates: (s, tx, me) => s.saveStates(tx, [{ callId: me.idOf('call-1'), state: 'connected', at: LATER }]),
  linkedLegs: (s, tx, me) => s.linkedLegs(tx, me.id, [CONVERSATION]),
  undecided: whole('the job that decides unanswered legs walks over all apps'),
  stale: whole('the job that ends forgotten calls walks over all apps'),
  page: [
    (s, tx, me) => s.page(tx, me.id, {}, newestFirst, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, { conversationId: CONVERSATION }, newestFirst, 1, null, 1),
    (s, tx, me) => s.page(tx, me.id, { customer: { id: CUSTOMER, phones: [PHONE] } }, newestFirst, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, {}, newestFirst, 10, { value: AT, id: 'zzz' }, 0),
  ],
  ofConversation: [
    (s, tx, me) => s.ofConversation(tx, me.id, CONVERSATION, undefined, 10),
    (s, tx, me) => s.ofConversation(tx, me.id, CONVERSATION, Object.values(USERS), 10),
  ],
  active: [
    (s, tx, me) => s.active(tx, me.id, undefined, 10),
    (s, tx, me) => s.active(tx, me.id, Object.values(USERS), 10),
  ],
  count: (s, tx, me) => s.count(tx, me.id, {}),
  byId: [
    (s, tx, me, other) => forIds(me, other, 'call-1', (id) => s.byId(tx, me.id, id)),
    (s, tx, me) => s.byId(tx, me.id, CALLS.open),
  ],
  legs: (s, tx, me) => s.legs(tx, me.id, [CONVERSATION]),
  async saveConversations(s, tx, me) {
    const conversation = some((await s.conversationPage(tx, me.id, {}, newestFirst, 1, null, 0))[0])
    await s.saveConversations(tx, [{ ...conversation, talkSeconds: 99 }])
  },
  removeConversations: (s, tx, me) => s.removeConversations(tx, me.id, [CONVERSATION]),
  conversationPage: [
    (s, tx, me) => s.conversationPage(tx, me.id, {}, newestFirst, 10, null, 0),
    (s, tx, me) => s.conversationPage(tx, me.id, { dialpadUserIds: [USERS.bob] }, newestFirst, 10, null, 0),
    (s, tx, me) =>
      s.conversationPage(
        tx,
        me.id,
        { customer: { id: CUSTOMER, phones: [PHONE] } },
        newestFirst,
        10,
        { value: LATER, id: '' },
        0,
      ),
  ],
  skip: (s, tx, me) => s.skip(tx, me.id, {}, newestFirst, null, 1),
  countSection: (s, tx, me) => s.countSection(tx, me.id, {}, newestFirst, { after: null, end: { value: 0, id: '' } }),
  skipConversations: (s, tx, me) => s.skipConversations(tx, me.id, {}, newestFirst, null, 1),
  countConversationSection: (s, tx, me) =>
    s.countConversationSection(tx, me.id, {}, newestFirst, { after: null, end: { value: 0, id: '' } }),
  countConversations: (s, tx, me) => s.countConversations(tx, me.id, { dialpadUserIds: [USERS.ann] }),
  async beginRebuild(s, tx, me) {
    await s.endRebuild(tx, me.id)
    await s.beginRebuild(tx, me.id)
    await s.saveRebuild(tx, me.id, 'begun')
  },
  rebuilds: whole('the job that works conversations out anew walks over all apps'),
  saveRebuild: (s, tx, me) => s.saveRebuild(tx, me.id, CONVERSATION),
  endRebuild: (s, tx, me) => s.endRebuild(tx, me.id),
  conversationIdsAfter: (s, tx, me) => s.conversationIdsAfter(tx, me.id, '', 10),
})

const AROUND = { from: AT - 7_200_000, to: AT + 3_600_000 }
const HOUR_BEFORE = AT - (AT % 3_600_000) - 3_600_000
const DAYS = { shift: 0, unit: 86_400_000 }
const analyticsStore = forStore(createAnalyticsStore, {
  count: [
    (s, tx, me) => s.count(tx, me.id, 'user', DAYS, AROUND),
    (s, tx, me) => s.count(tx, me.id, 'customer', DAYS, AROUND, [USERS.ann]),
    (s, tx, me) => s.count(tx, me.id, 'target', DAYS, AROUND),
  ],
  buckets: (s, tx, me) => s.buckets(tx, me.id, 'direction', 'hour', [HOUR_BEFORE]),
  customersOfNumbers: (s, tx, me) => s.customersOfNumbers(tx, me.id, [PHONE]),
  markChanged: (s, tx, me) => s.markChanged(tx, me.id, [AT - 86_400_000]),
  changedHours: (s, tx, me) => s.changedHours(tx, me.id, AROUND),
  waitingHours: whole('the job that rolls hours up walks over all apps'),
  async rollUp(s, tx, me) {
    const hours = await s.changedHours(tx, me.id, AROUND)
    await s.rollUp(tx, me.id, hours, ['direction', 'user'])
  },
  combinedIn: (s, tx, me) => s.combinedIn(tx, me.id, 'direction', { from: 0, to: AT }),
  missingCombined: (s, tx, me) => s.missingCombined(tx, me.id, 'direction', 'four_days', { from: 0, to: AT }),
  combine: (s, tx, me) => s.combine(tx, me.id, 'direction', 'four_days', EARLIER_DAY_AT),
  markAll: (s, tx, me) => s.markAll(tx, me.id),
})

const messageStore = forStore(createMessageStore, {
  byDialpadIds: (s, tx, me) => s.byDialpadIds(tx, me.id, [MESSAGE]),
  async save(s, tx, me) {
    const message = some((await s.byDialpadIds(tx, me.id, [MESSAGE])).get(MESSAGE))
    await s.save(tx, [
      { ...message, status: 'failed' },
      { ...message, id: me.idOf('message-9'), dialpadMessageId: MESSAGE + 9 },
    ])
  },
  page: [
    (s, tx, me) => s.page(tx, me.id, {}, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, { externalNumber: PHONE }, 10, { value: AT, id: 'zzz' }, 0),
  ],
  count: (s, tx, me) => s.count(tx, me.id, {}),
  byId: (s, tx, me, other) => forIds(me, other, 'message-1', (id) => s.byId(tx, me.id, id)),
})

const voicemailStore = forStore(createVoicemailStore, {
  byDialpadCallIds: (s, tx, me) => s.byDialpadCallIds(tx, me.id, both),
  async save(s, tx, me) {
    const voicemail = some((await s.byDialpadCallIds(tx, me.id, both)).get(CALLS.open))
    await s.save(tx, [
      { ...voicemail, transcript: 'Call me back' },
      { ...voicemail, id: me.idOf('voicemail-9'), dialpadCallId: 7_000_099 },
    ])
  },
  page: [
    (s, tx, me) => s.page(tx, me.id, {}, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, { fromNumber: PHONE }, 10, { value: AT, id: 'zzz' }, 0),
  ],
  count: (s, tx, me) => s.count(tx, me.id, {}),
  byId: (s, tx, me, other) => forIds(me, other, 'voicemail-1', (id) => s.byId(tx, me.id, id)),
  remove: (s, tx, me, other) => forIds(me, other, 'voicemail-1', (id) => s.remove(tx, me.id, id)),
})

const userStore = forStore(createUserStore, {
  crmUserIds: (s, tx, me) => s.crmUserIds(tx, me.id, [USERS.ann, USERS.carl]),
  dialpadUserIds: (s, tx, me) => s.dialpadUserIds(tx, me.id, 'ann'),
  async upsert(s, tx, me) {
    const mapping = some(await s.byDialpadUser(tx, me.id, USERS.ann))
    return s.upsert(tx, [
      { ...mapping, id: me.idOf('mapping-8'), crmUserId: 'eve' },
      { ...mapping, id: me.idOf('mapping-9'), dialpadUserId: 5_000_009 },
    ])
  },
  page: [(s, tx, me) => s.page(tx, me.id, 10, null, 0), (s, tx, me) => s.page(tx, me.id, 10, '0', 1)],
  count: (s, tx, me) => s.count(tx, me.id),
  byDialpadUser: (s, tx, me) => s.byDialpadUser(tx, me.id, USERS.ann),
  byCrmUser: (s, tx, me) => s.byCrmUser(tx, me.id, 'ann'),
  remove: (s, tx, me, other) => forIds(me, other, 'mapping-1', (id) => s.remove(tx, me.id, id)),
  removeDialpadUser: (s, tx, me) => s.removeDialpadUser(tx, me.id, USERS.ann),
  statuses: (s, tx, me) => s.statuses(tx, me.id, Object.values(USERS)),
  saveStatuses: (s, tx, me) =>
    s.saveStatuses(tx, me.id, [
      { dialpadUserId: USERS.ann, data: { on_duty_status: 'off' }, at: LATER },
      { dialpadUserId: USERS.bob, data: { on_duty_status: 'on' }, at: AT },
    ]),
})

const customerStore = forStore(createCustomerStore, {
  byId: (s, tx, me, other) => forIds(me, other, 'customer-1', (id) => s.byId(tx, me.id, id)),
  byExternalIds: (s, tx, me) => s.byExternalIds(tx, me.id, [CUSTOMER]),
  byPhones: (s, tx, me) => s.byPhones(tx, me.id, [PHONE]),
  phonesOf: (s, tx, me) => s.phonesOf(tx, me.id, CUSTOMER),
  phones: (s, tx, me) => s.phones(tx, [me.idOf('customer-1')]),
  page: [
    (s, tx, me) => s.page(tx, me.id, {}, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, { text: '5555', phone: '5555' }, 10, null, 0),
    (s, tx, me) => s.page(tx, me.id, { externalId: CUSTOMER }, 10, { value: 'A', id: 'zzz' }, 0),
  ],
  count: (s, tx, me) => s.count(tx, me.id, { text: 'grace' }),
  async save(s, tx, me) {
    const customer = some(await s.byId(tx, me.id, me.idOf('customer-1')))
    await s.save(tx, [
      { ...customer, name: 'Ada Lovelace' },
      { ...customer, id: me.idOf('customer-3'), externalId: 'customer-3' },
    ])
  },
  replacePhones: (s, tx, me) =>
    s.replacePhones(tx, [me.idOf('customer-1')], [{ customerId: me.idOf('customer-2'), appId: me.id, phone: PHONE }]),
  remove: (s, tx, me, other) => forIds(me, other, 'customer-1', (id) => s.remove(tx, me.id, id)),
})

const entry = { event: 'call.ended', userId: 'ann', dialpadUserId: USERS.ann, data: {} }
const streamStore = forStore(createStreamStore, {
  append: (s, tx, me) => s.append(tx, me.id, [entry, entry], LATER),
  head: (s, tx, me) => s.head(tx, me.id),
  after: (s, tx, me) => s.after(tx, me.id, 0, 100),
  page: [
    (s, tx, me) => s.page(tx, me.id, 0, 100, { events: null, users: [] }),
    (s, tx, me) => s.page(tx, me.id, 0, 100, { events: ['call.ring'], users: ['ann'] }),
  ],
  purge: (s, tx, me) => s.purge(tx, me.id, AT),
  appIds: whole('retention walks over all apps'),
})

const endpointStore = forStore(createEndpointStore, {
  insert: (s, tx, me) =>
    s.insert(tx, {
      id: me.idOf('endpoint-3'),
      appId: me.id,
      url: 'https://crm.example.com',
      events: [],
      secretEncrypted: 'sealed',
      deliveredSeq: 0,
      createdAt: AT,
      updatedAt: AT,
    }),
  list: [(s, tx, me) => s.list(tx, me.id, 10, null, 0), (s, tx, me) => s.list(tx, me.id, 10, 'zzz', 0)],
  count: (s, tx, me) => s.count(tx, me.id),
  byId: (s, tx, me, other) => forIds(me, other, 'endpoint-1', (id) => s.byId(tx, me.id, id)),
  lock: (s, tx, me, other) => forIds(me, other, 'endpoint-1', (id) => s.lock(tx, me.id, id)),
  update: (s, tx, me, other) =>
    forIds(me, other, 'endpoint-1', (id) => s.update(tx, me.id, id, { description: 'Renamed' })),
  remove: (s, tx, me, other) => forIds(me, other, 'endpoint-1', (id) => s.remove(tx, me.id, id)),
  deliveries: [
    (s, tx, me) => s.deliveries(tx, me.id, me.idOf('endpoint-1'), null, 10, null, 0),
    (s, tx, me) => s.deliveries(tx, me.id, me.idOf('endpoint-1'), 'pending', 10, 9, 0),
    async (s, tx, me, other) => {
      if ((await s.deliveries(tx, me.id, other.idOf('endpoint-1'), null, 10, null, 0)).length > 0)
        throw new Error("the other app's deliveries are shown")
      return s.countDeliveries(tx, me.id, me.idOf('endpoint-1'), null)
    },
  ],
  countDeliveries: (s, tx, me) => s.countDeliveries(tx, me.id, me.idOf('endpoint-1'), 'pending'),
  delivery: (s, tx, me, other) => forIds(me, other, 'endpoint-1', (id) => s.delivery(tx, me.id, id, 1)),
  attempts: (s, tx, me) => s.attempts(tx, me.id, me.idOf('endpoint-1'), [1, 2]),
  requeue: (s, tx, me, other) => forIds(me, other, 'endpoint-1', (id) => s.requeue(tx, me.id, id, 1, LATER)),
  async expedite(s, tx, me, other) {
    await s.expedite(tx, me.id, other.idOf('endpoint-1'), LATER)
    await s.expedite(tx, me.id, me.idOf('endpoint-1'), LATER)
  },
  async dropWaiting(s, tx, me, other) {
    await s.dropWaiting(tx, me.id, other.idOf('endpoint-1'), 0)
    await s.dropWaiting(tx, me.id, me.idOf('endpoint-1'), 0)
  },
  disabled: whole('a warning of the server'),
})

const deliveryStore = forStore(createDeliveryStore, {
  claim: (s, tx, me) => s.claim(tx, 'instance', me.id),
  held: (s, tx, me) => s.held(tx, me.idOf('worker'), me.id),
  release: (s, tx, me) => s.release(tx, me.idOf('worker')),
  oldestWaiting: (s, tx, me) => s.oldestWaiting(tx, me.idOf('endpoint-1')),
  nextDue: (s, tx, me) => s.nextDue(tx, me.idOf('endpoint-1'), LATER),
  nextDueAt: (s, tx, me) => s.nextDueAt(tx, me.idOf('endpoint-1')),
  expedite: (s, tx, me) => s.expedite(tx, me.idOf('endpoint-1'), LATER, null),
  record: (s, tx, me) => s.record(tx, me.idOf('worker'), [outcomeOf(me)], LATER),
  move: (s, tx, me) =>
    s.move(tx, me.idOf('worker'), [{ endpointId: me.idOf('endpoint-1'), replays: 0, deliveredSeq: 2 }]),
  purge: (s, tx, me) => s.purge(tx, me.idOf('endpoint-1'), LATER),
  endpointIds: whole('retention walks over all apps'),
})

function outcomeOf(me: SeededApp): DeliveryOutcome {
  const endpointId = me.idOf('endpoint-1')
  const attempt = { attemptedAt: LATER, latencyMs: 3, responseStatus: 200, responseBody: 'ok', error: null }
  const known = { endpointId, appId: me.id, seq: 2, event: 'call.ring', failures: 1, createdAt: AT }
  const progress = { status: 'delivered' as const, nextAttemptAt: null, deliveredAt: LATER, lastAttemptAt: LATER }
  return {
    endpointId,
    appId: me.id,
    version: 1,
    replays: 0,
    attemptId: me.idOf('attempt-3'),
    attempt,
    delivery: { ...known, ...progress },
    state: { deliveredSeq: 2, consecutiveFailures: 0, failingSince: null, lastSuccessAt: LATER },
    disabledReason: null,
  }
}

const maintenanceStore = forStore(createMaintenanceStore, {
  streamEntries: whole('a figure of the whole server'),
  unfinished: whole('figures of the whole queue'),
  events: whole('retention removes what is over of every app'),
  removeEvents: (s, tx, me) => s.removeEvents(tx, [me.idOf('event-1')]),
  bodies: (s, tx, me) => s.bodies(tx, me.id, '', 10),
  conversationsOf: (s, tx, me) => s.conversationsOf(tx, me.id, PHONE, 10),
  removeConversations: (s, tx, me) => s.removeConversations(tx, me.id, [CONVERSATION]),
  removeMessages: (s, tx, me) => s.removeMessages(tx, me.id, PHONE),
  removeVoicemails: (s, tx, me) => s.removeVoicemails(tx, me.id, PHONE),
  removePhones: (s, tx, me) => s.removePhones(tx, me.id, PHONE),
  rewriteEntries: (s, tx, me) => s.rewriteEntries(tx, me.id, [{ seq: 1, data: '{}' }]),
  forgetCustomData: (s, tx, me) => s.forgetCustomData(tx, me.id, CUSTOMER),
})

const idempotencyStore = forStore(createIdempotencyStore, {
  async insert(s, tx, me) {
    await s.remove(tx, me.id, IDEMPOTENCY_KEY)
    const row = { appId: me.id, key: IDEMPOTENCY_KEY, requestHash: 'another', createdAt: LATER, expiresAt: LATER }
    return s.insert(tx, row)
  },
  find: (s, tx, me) => s.find(tx, me.id, IDEMPOTENCY_KEY),
  finish: (s, tx, me) =>
    s.finish(tx, me.id, IDEMPOTENCY_KEY, { responseStatus: 201, responseBody: '{}', expiresAt: LATER }),
  remove: (s, tx, me) => s.remove(tx, me.id, IDEMPOTENCY_KEY),
  removeExpired: (s, tx, me) => s.removeExpired(tx, 2 * AT, { appId: me.id, key: IDEMPOTENCY_KEY }),
})

const workers = "a worker of the server's takes the next events, whosever they are"
const instancesOf = 'instances serve all apps'
const eventStore = forStore(createEventStore, {
  async insertNew(s, tx, me) {
    const event = some(await s.byId(tx, me.idOf('event-1')))
    return s.insertNew(tx, [
      { ...event, id: me.idOf('event-3') },
      { ...event, id: me.idOf('event-4'), dedupeKey: `${me.id}:new` },
    ])
  },
  bodies: whole(workers),
  idsByKeys: (s, tx, me) => s.idsByKeys(tx, [`${me.id}:open`]),
  claim: whole(workers),
  finish: (s, tx, me) =>
    s.finish(tx, WORKER, [me.idOf('event-2')], {
      status: 'processed',
      error: null,
      processedAt: LATER,
    }),
  heldIds: (s, tx, me) => s.heldIds(tx, WORKER, [me.idOf('event-2')]),
  fail: (s, tx, me) =>
    s.fail(tx, WORKER, me.idOf('event-2'), { status: 'failed', error: 'broken', nextAttemptAt: LATER }),
  release: whole('a worker that stops gives back all it holds, whosever it is'),
  freeAll: whole(workers),
  byId: (s, tx, me) => s.byId(tx, me.idOf('event-1')),
  list: (s, tx, me) => s.list(tx, { appId: me.id }, 10, null, 0),
  count: (s, tx, me) => s.count(tx, { appId: me.id }),
  unrouted: whole('an operator gives an app events that are nobody’s yet'),
  stats: [(s, tx, me) => s.stats(tx, me.id), (s, tx, me) => s.stats(tx, me.id, ['failed'])],
  requeue: [
    (s, tx, me) => s.requeue(tx, { appId: me.id, status: 'failed' }),
    (s, tx, me) => s.requeue(tx, { ids: [me.idOf('event-1')] }, me.id),
  ],
})

const instanceStore = forStore(createInstanceStore, {
  beat: whole(instancesOf),
  endDead: whole(instancesOf),
  end: whole(instancesOf),
})

const routeHintStore = forStore(createRouteHintStore, {
  all: whole('an event of nobody yet is compared with what is known of every app'),
  insert: (s, tx, me) => s.insert(tx, [{ appId: me.id, kind: 'office', dialpadId: 4711 }]),
  isSharedRouteUsed: whole('the shared route is that of all apps'),
})

const jobStore = forStore(createJobStore, { begin: whole('one instance runs a job for every app') })

const ingestWebhookStore = forStore(createWebhookSecretStore, {
  secrets: (s, tx, me) => s.secrets(tx, me.idOf('webhook-1')),
  countDeliveries: (s, tx, me) => s.countDeliveries(tx, me.idOf('webhook-1'), 3, LATER),
  countFailure: (s, tx, me) => s.countFailure(tx, me.idOf('webhook-1'), 'signature', LATER),
})

const webhookStore = forStore(createWebhookStore, {
  async insert(s, tx, me) {
    const webhook = some(await s.byId(tx, me.idOf('webhook-1')))
    await s.insert(tx, { ...webhook, id: me.idOf('webhook-2') })
  },
  list: (s, tx, me) => s.list(tx, me.id),
  ofKind: whole('pull mode opens the sockets of all apps'),
  byId: (s, tx, me) => s.byId(tx, me.idOf('webhook-1')),
  update: (s, tx, me) => s.update(tx, me.idOf('webhook-1'), { hookUrl: 'https://other.example.com' }),
  remove: (s, tx, me) => s.remove(tx, me.idOf('webhook-1')),
  async insertSubscription(s, tx, me) {
    const subscription = some(await s.subscription(tx, me.idOf('webhook-1'), me.idOf('subscription-1')))
    await s.insertSubscription(tx, { ...subscription, id: me.idOf('subscription-2') })
  },
  subscriptions: (s, tx, me) => s.subscriptions(tx, me.idOf('webhook-1')),
  subscription: (s, tx, me, other) =>
    forIds(me, other, 'subscription-1', (id) => s.subscription(tx, me.idOf('webhook-1'), id)),
  updateSubscription: (s, tx, me) => s.updateSubscription(tx, me.idOf('subscription-1'), { dialpadSubscriptionId: 9 }),
  removeSubscription: (s, tx, me) => s.removeSubscription(tx, me.idOf('subscription-1')),
})

const connectionStore = forStore(createConnectionStore, {
  list: whole(operators),
  byId: (s, tx, me) => s.byId(tx, me.idOf('connection-1')),
  ofApp: (s, tx, me) => s.ofApp(tx, me.id),
  async insert(s, tx, me) {
    const connection = some(await s.ofApp(tx, me.id))
    await s.remove(tx, connection.id)
    await s.insert(tx, { ...connection, id: me.idOf('connection-2') })
  },
  update: (s, tx, me) => s.update(tx, me.idOf('connection-1'), { status: 'failing' }),
  remove: (s, tx, me) => s.remove(tx, me.idOf('connection-1')),
  dueForRefresh: whole('the job that refreshes tokens walks over all apps'),
  claimRefresh: async (s, tx, me) => s.claimRefresh(tx, some(await s.ofApp(tx, me.id)), AT, LATER),
  swap: async (s, tx, me) => s.swap(tx, some(await s.ofApp(tx, me.id)), { version: 2, tokensEncrypted: 'anew' }),
  insertToken: (s, tx, me) =>
    s.insertToken(tx, { id: me.idOf('token-2'), appId: me.id, purpose: 'oauth_state', expiresAt: LATER }),
  token: (s, tx, me) => s.token(tx, me.idOf('token-1'), 'connect_link'),
  useToken: (s, tx, me) => s.useToken(tx, me.idOf('token-1'), 'connect_link', LATER),
  removeExpiredTokens: whole('removes what has ended of every app'),
})

const transcriptStore = forStore(createTranscriptStore, {
  due: whole('the job that fetches transcripts walks over all apps; each is asked for with its own credentials'),
})

const backfillStore = forStore(createBackfillStore, {
  async ensure(s, tx, me) {
    await s.ensure(tx, me.id, LATER)
    return s.ofApp(tx, me.id)
  },
  list: whole(operators),
  ofApp: (s, tx, me) => s.ofApp(tx, me.id),
  claim: (s, tx, me) => s.claim(tx, me.id, AT, LATER),
  extend: (s, tx, me) => s.extend(tx, me.id, LATER),
  finish: (s, tx, me) => s.finish(tx, me.id, { watermarkAt: LATER, seen: 3, recovered: 1, at: LATER }),
  fail: (s, tx, me) => s.fail(tx, me.id, 'no answer'),
  known: (s, tx, me) => s.known(tx, me.id, both),
  quietOpenCalls: (s, tx, me) => s.quietOpenCalls(tx, me.id, LATER, 10),
})

const authStore = forStore(createAuthStore, {
  keyByPrefix: (s, tx, me) => s.keyByPrefix(tx, me.idOf('prefix')),
  keyById: (s, tx, me) => s.keyById(tx, me.idOf('key-1')),
  isAppActive: (s, tx, me) => s.isAppActive(tx, me.id),
  setChecksum: (s, tx, me) => s.setChecksum(tx, me.idOf('key-1'), 'ab'),
  touchKey: (s, tx, me) => s.touchKey(tx, me.idOf('key-1'), LATER),
})

const ofOperator = whole('a session of the operator concerns every app')
const sessionStore = forStore(createSessionStore, {
  insert: ofOperator,
  find: ofOperator,
  remove: ofOperator,
  removeExpired: ofOperator,
})

const ofServer = whole('the load is that of the server')
const ofKey = whole('ENCRYPTION_KEY is that of the server')
const sealedStore = forStore(createSealedStore, {
  places: ofKey,
  withPrefix: ofKey,
  countWithPrefix: ofKey,
  withoutPrefix: ofKey,
  countWithoutPrefix: ofKey,
  replace: ofKey,
})

const loadStore = forStore(createLoadStore, { insert: ofServer, removeBefore: ofServer, since: ofServer })

/** Every store by the name of what makes it. */
export const storeCases: Record<string, StoreCases> = {
  createJobStore: jobStore,
  createAppStore: appStore,
  createAuthStore: authStore,
  createSessionStore: sessionStore,
  createLoadStore: loadStore,
  createSealedStore: sealedStore,
  createCallStore: callStore,
  createAnalyticsStore: analyticsStore,
  createMessageStore: messageStore,
  createVoicemailStore: voicemailStore,
  createUserStore: userStore,
  createCustomerStore: customerStore,
  createStreamStore: streamStore,
  createEndpointStore: endpointStore,
  createDeliveryStore: deliveryStore,
  createMaintenanceStore: maintenanceStore,
  createIdempotencyStore: idempotencyStore,
  createEventStore: eventStore,
  createInstanceStore: instanceStore,
  createRouteHintStore: routeHintStore,
  createWebhookSecretStore: ingestWebhookStore,
  createWebhookStore: webhookStore,
  createConnectionStore: connectionStore,
  createBackfillStore: backfillStore,
  createTranscriptStore: transcriptStore,
}
