import type { Database, Transaction } from '../db/database'
import type { Clock } from '../lib/clock'
import { type Cursors, type PageInfo, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import { newId } from '../lib/id'
import type { SecretBox } from '../lib/secret-box'
import { unknownPatterns } from '../stream/filter'
import type { StreamStore } from '../stream/store'
import { type AddressRules, urlProblem } from './address'
import type { Attempt, Sender } from './sender'
import { makeSecret } from './signature'
import type { AttemptRow, DeliveryRow, EndpointRow, EndpointStore } from './store'

/** How long the previous secret also signs after a rotation. */
const ROTATION_MS = 24 * 60 * 60_000
const MAX_ENDPOINTS = 1000

export interface EndpointSettings {
  url: string
  description: string | null
  events: string[]
  userId: string | null
  active: boolean
}

export interface EndpointWithSecret {
  endpoint: EndpointRow
  /** `whsec_…`. Returned only here. */
  secret: string
}

export interface DeliveryWithAttempts {
  delivery: DeliveryRow
  attempts: AttemptRow[]
}

export type EndpointService = ReturnType<typeof createEndpointService>

/** Manages endpoints for the app, the operator and the command line. Notifies the delivering instance of every change. */
export function createEndpointService(deps: {
  database: Database
  store: EndpointStore
  stream: { store: StreamStore }
  sender: Sender
  secretBox: SecretBox
  cursors: Cursors
  clock: Clock
  rules: AddressRules
  apps: { requireApp(appId: string): Promise<unknown> }
}) {
  const { database, store, stream, sender, secretBox, cursors, clock, rules, apps } = deps
  const q = database.queries

  function assertValid({ url, events }: Partial<EndpointSettings>): void {
    const problem = url === undefined ? null : urlProblem(url, rules)
    if (problem) throw invalid('url', problem)
    const unknown = unknownPatterns(events ?? [])
    if (unknown.length > 0) throw invalid('events', `no event matches ${unknown.join(', ')}`)
  }

  const notFound = (id: string) => new DomainError('endpoint_not_found', `No such endpoint: ${id}`)

  async function require(appId: string, id: string): Promise<EndpointRow> {
    const endpoint = await store.byId(q, appId, id)
    if (!endpoint) throw notFound(id)
    return endpoint
  }

  /** Changes an endpoint and its deliveries, and notifies the delivering instance. */
  const change = (
    appId: string,
    id: string,
    work: (tx: Transaction, endpoint: EndpointRow, now: number) => Promise<Partial<EndpointRow>>,
  ): Promise<EndpointRow> =>
    database.transaction(async (tx) => {
      const now = clock()
      const endpoint = await store.lock(tx, appId, id)
      if (!endpoint) throw notFound(id)
      const set = await work(tx, endpoint, now)
      const changed = await store.update(tx, appId, id, { ...set, updatedAt: now })
      tx.notify('endpoints', appId)
      // biome-ignore lint/style/noNonNullAssertion: this transaction holds it
      return changed!
    })

  return {
    /** @param since the `seq` before the first entry to deliver; default the newest one. */
    async create(appId: string, settings: EndpointSettings, since: number | null): Promise<EndpointWithSecret> {
      assertValid(settings)
      await apps.requireApp(appId)
      const secret = makeSecret()
      const secretEncrypted = await secretBox.seal(secret)
      return database.transaction(async (tx) => {
        if ((await store.count(tx, appId)) >= MAX_ENDPOINTS)
          throw new DomainError('validation_failed', `An app has at most ${MAX_ENDPOINTS} endpoints.`)
        const now = clock()
        const head = (await stream.store.head(tx, appId))?.seq ?? 0
        assertReached(since, head)
        const id = newId()
        const stamps = { createdAt: now, updatedAt: now }
        await store.insert(tx, { ...settings, id, appId, secretEncrypted, deliveredSeq: since ?? head, ...stamps })
        tx.notify('endpoints', appId)
        // biome-ignore lint/style/noNonNullAssertion: inserted above in this transaction
        return { endpoint: (await store.byId(tx, appId, id))!, secret }
      })
    },

    async list(appId: string, page: PageRequest): Promise<{ rows: EndpointRow[]; pagination: PageInfo }> {
      await apps.requireApp(appId)
      return paginate(
        cursors,
        `endpoints:${appId}`,
        page,
        (limit, after, offset) => store.list(q, appId, limit, after?.id ?? null, offset),
        (row) => ({ value: row.createdAt, id: row.id }),
        () => store.count(q, appId),
      )
    },

    get: (appId: string, id: string) => require(appId, id),

    /** Changes settings. Activation or a new URL continues the deliveries where they stopped and makes waiting ones due. */
    update(appId: string, id: string, set: Partial<EndpointSettings>): Promise<EndpointRow> {
      assertValid(set)
      return change(appId, id, async (tx, endpoint, now) => {
        const revive = set.active === true || (set.url !== undefined && set.url !== endpoint.url)
        if (!revive) return set
        await store.expedite(tx, appId, id, now)
        const enabled = set.active === true ? { disabledAt: null, disabledReason: null } : {}
        return { ...set, ...enabled, consecutiveFailures: 0, failingSince: null }
      })
    },

    async remove(appId: string, id: string): Promise<EndpointRow> {
      return database.transaction(async (tx) => {
        const removed = await store.remove(tx, appId, id)
        if (!removed) throw notFound(id)
        tx.notify('endpoints', appId, id)
        return removed
      })
    },

    /** Creates a new secret. Deliveries are signed with both for 24 hours. */
    async rotateSecret(appId: string, id: string): Promise<EndpointWithSecret> {
      const secret = makeSecret()
      const secretEncrypted = await secretBox.seal(secret)
      const endpoint = await change(appId, id, async (_tx, { secretEncrypted: previous }, now) => ({
        secretEncrypted,
        previousSecretEncrypted: previous,
        previousSecretUntil: now + ROTATION_MS,
      }))
      return { endpoint, secret }
    },

    /** Sends a signed test message immediately. It is not a stream entry and is not stored. */
    async test(appId: string, id: string): Promise<Attempt> {
      const { url, secretEncrypted } = await require(appId, id)
      const timestamp = new Date(clock()).toISOString()
      const body = JSON.stringify({ type: 'test', endpoint_id: id, timestamp })
      const secrets = [await secretBox.open(secretEncrypted)]
      return sender({ url, secrets, id: `test_${newId()}`, body }, new AbortController().signal)
    },

    async deliveries(
      appId: string,
      id: string,
      status: DeliveryRow['status'] | null,
      page: PageRequest,
    ): Promise<{ rows: DeliveryWithAttempts[]; pagination: PageInfo }> {
      await require(appId, id)
      const found = await paginate(
        cursors,
        `deliveries:${appId}:${id}:${status}`,
        page,
        (limit, after, offset) => store.deliveries(q, appId, id, status, limit, after && Number(after.value), offset),
        ({ seq }) => ({ value: seq, id: '' }),
        () => store.countDeliveries(q, appId, id, status),
      )
      const attempts = Map.groupBy(
        await store.attempts(
          q,
          appId,
          id,
          found.rows.map(({ seq }) => seq),
        ),
        ({ seq }) => seq,
      )
      const rows = found.rows.map((delivery) => ({ delivery, attempts: attempts.get(delivery.seq) ?? [] }))
      return { rows, pagination: found.pagination }
    },

    /** Delivers one entry again with its own retries. @throws DomainError conflict if the endpoint is not active. */
    async redeliver(appId: string, id: string, deliveryId: string): Promise<DeliveryRow> {
      let requeued: DeliveryRow | null = null
      await change(appId, id, async (tx, { active }, now) => {
        const seq = seqOf(deliveryId, id)
        requeued = seq === null ? null : await store.requeue(tx, appId, id, seq, now)
        if (!requeued) throw new DomainError('delivery_not_found', `No such delivery: ${deliveryId}`)
        if (!active) throw new DomainError('conflict', 'The endpoint is not active; activate it first.')
        return {}
      })
      // biome-ignore lint/style/noNonNullAssertion: change() throws when nothing was requeued
      return requeued!
    },

    /**
     * Delivers everything after a seq again. Only the position moves, so the number of entries does not matter.
     * @returns the endpoint, and the entries that were purged and cannot be delivered.
     */
    async replay(appId: string, id: string, since: number) {
      let gap: { from: number; to: number } | null = null
      const endpoint = await change(appId, id, async (tx, { active, deliveredSeq, replays }) => {
        const head = await stream.store.head(tx, appId)
        assertReached(since, head?.seq ?? 0)
        if (!active) throw new DomainError('conflict', 'The endpoint is not active; activate it first.')
        const purgedSeq = head?.purgedSeq ?? 0
        if (since < purgedSeq) gap = { from: since + 1, to: purgedSeq }
        await store.dropWaiting(tx, appId, id, since)
        return { deliveredSeq: Math.min(since, deliveredSeq), replays: replays + 1 }
      })
      return { endpoint, gap: gap as { from: number; to: number } | null }
    },
  }
}

/** `<endpoint id>_<seq>` → seq. */
function seqOf(deliveryId: string, endpointId: string): number | null {
  const seq = deliveryId.startsWith(`${endpointId}_`) ? deliveryId.slice(endpointId.length + 1) : ''
  return /^\d{1,15}$/.test(seq) ? Number(seq) : null
}

function assertReached(since: number | null, head: number): void {
  if (since !== null && since > head) throw invalid('since', `is after the newest entry, ${head}`)
}

const invalid = (path: string, message: string) =>
  new DomainError('validation_failed', `${path}: ${message}`, { errors: [{ path, message }] })
