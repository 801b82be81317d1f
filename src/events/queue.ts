import type { AppService } from '../apps/service'
import type { Database } from '../db/database'
import { iso } from '../lib/clock'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import type { Warning } from '../observability/warnings'
import { decodeBody } from '../payload/body'
import type { Router } from './router'
import type { EventFilter, EventRow, EventStore } from './store'

const LEARN_PAGE = 500

export type EventQueue = ReturnType<typeof createEventQueue>

/** The event queue as the operator sees it: list, count, replay and route events. */
export function createEventQueue(deps: {
  database: Database
  store: EventStore
  apps: AppService
  router: Pick<Router, 'learn'>
  cursors: Cursors
}) {
  const { database, store, apps, router, cursors } = deps
  const q = database.queries

  async function requeue(filter: EventFilter & { ids?: string[] }, appId?: string): Promise<number> {
    if (appId) await apps.requireApp(appId)
    return database.transaction(async (tx) => {
      const count = await store.requeue(tx, filter, appId)
      tx.notify('queue', '')
      return count
    })
  }

  /** Learns the ids of the app's Dialpad account from the unrouted events that an operator assigns to the app. */
  async function learnFrom(appId: string, filter: EventFilter): Promise<void> {
    let after: Pick<EventRow, 'id' | 'receivedAt'> | null = null
    for (;;) {
      const page: Awaited<ReturnType<EventStore['unrouted']>> = await store.unrouted(q, filter, after, LEARN_PAGE)
      for (const { body } of page) router.learn(appId, payloadIn(body))
      if (page.length < LEARN_PAGE) return
      after = page.at(-1) ?? after
    }
  }

  return {
    list: (filter: EventFilter, page: PageRequest) =>
      paginate(
        cursors,
        'events',
        page,
        (limit, after, offset) => store.list(q, filter, limit, after?.id ?? null, offset),
        (row) => ({ value: row.receivedAt, id: row.id }),
        () => store.count(q, filter),
      ),
    stats: (appId?: string) => store.stats(q, appId),

    /** @throws DomainError event_not_found. */
    async get(id: string): Promise<EventRow> {
      const event = await store.byId(q, id)
      if (!event) throw new DomainError('event_not_found', `No such event: ${id}`)
      return event
    },

    /**
     * Processes one event again. @param appId app to assign an unrouted event to.
     * @throws DomainError event_not_found, or conflict for an unrouted event without an app or a quarantined event.
     */
    async replay(id: string, appId?: string): Promise<void> {
      const event = await this.get(id)
      if (event.status === 'quarantined') throw new DomainError('conflict', `Cannot process the event: ${event.error}.`)
      if (!event.appId && !appId)
        throw new DomainError('conflict', 'This event is unrouted. Set app_id to assign it to an app.')
      if (appId) await apps.requireApp(appId)
      if (appId && !event.appId) router.learn(appId, payloadIn(event.body))
      await requeue({ ids: [id] }, appId)
    },

    /**
     * Assigns the unrouted events that match the filter to an app and processes them. Later events of the same Dialpad
     * users, offices, and targets are routed to the app. @returns the number of events.
     */
    async route(appId: string, filter: Omit<EventFilter, 'appId' | 'status'>): Promise<number> {
      await apps.requireApp(appId)
      await learnFrom(appId, filter)
      return requeue({ ...filter, status: 'unrouted' }, appId)
    },

    /** Warns about events that wait for an operator. */
    async warnings(): Promise<Warning[]> {
      const waiting = await store.stats(q, undefined, ['unrouted', 'failed'])
      return waiting.map(({ status, count, oldestAt }) => {
        const oldest = `the oldest was received at ${iso(Number(oldestAt))}`
        return status === 'unrouted'
          ? {
              code: 'unrouted_events' as const,
              message: `Unrouted events on the shared route: ${count}; ${oldest}.`,
              action:
                'Assign them to an app with POST /internal/events/route or `cti-server events route`, and set shared_route on one app.',
            }
          : {
              code: 'dead_letters' as const,
              message: `Events that could not be processed: ${count}; ${oldest}.`,
              action:
                'Read the error of each with GET /internal/events?status=failed, fix its cause, then replay them with POST /internal/events/replay.',
            }
      })
    },

    /** Processes the events that match the filter again. @throws DomainError conflict for quarantined and unrouted events. */
    async replayMany(filter: EventFilter): Promise<number> {
      const status = filter.status ?? 'failed'
      if (status === 'quarantined' || status === 'unrouted')
        throw new DomainError(
          'conflict',
          `Events that are ${status} cannot be replayed together; ${status === 'unrouted' ? 'assign them to an app with POST /internal/events/route' : 'they are kept as evidence'}.`,
        )
      return requeue({ ...filter, status })
    },
  }
}

/** The event's body parsed as JSON, or its text when it is not JSON. */
export const payloadOf = (event: EventRow): unknown => payloadIn(event.body)

function payloadIn(body: string): unknown {
  const text = decodeBody(body)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
