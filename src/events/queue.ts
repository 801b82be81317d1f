import type { AppService } from '../apps/service'
import type { Database } from '../db/database'
import { type Clock, iso } from '../lib/clock'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import type { Warning } from '../observability/warnings'
import { decodeBody } from '../payload/body'
import type { EventFilter, EventRow, EventStore } from './store'

export type EventQueue = ReturnType<typeof createEventQueue>

/** The queue for its operator: what waits, what failed and why, and doing it again. */
export function createEventQueue(deps: {
  database: Database
  store: EventStore
  apps: AppService
  cursors: Cursors
  clock: Clock
}) {
  const { database, store, apps, cursors, clock } = deps
  const q = database.queries

  async function requeue(filter: EventFilter & { ids?: string[] }, appId?: string): Promise<number> {
    if (appId) await apps.requireApp(appId)
    return database.transaction(async (tx) => {
      const count = await store.requeue(tx, filter, clock(), appId)
      tx.notify('queue', '')
      return count
    })
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
      if (!event) throw new DomainError('event_not_found', `There is no event ${id}.`)
      return event
    },

    /**
     * Processes one event anew. @param appId gives an unrouted event its app.
     * @throws DomainError event_not_found, or conflict while no app is known or the event can never be processed.
     */
    async replay(id: string, appId?: string): Promise<void> {
      const event = await this.get(id)
      if (event.status === 'quarantined')
        throw new DomainError('conflict', `The event cannot be processed: ${event.error}. It is kept as evidence.`)
      if (!event.appId && !appId)
        throw new DomainError('conflict', 'No app was found for this event; name one with app_id.')
      await requeue({ ids: [id] }, appId)
    },

    /** Gives the unrouted events that the filter names to an app and processes them. @returns how many. */
    route: (appId: string, filter: Omit<EventFilter, 'appId' | 'status'>): Promise<number> =>
      requeue({ ...filter, status: 'unrouted' }, appId),

    /** Warns of events that wait for an app. */
    async warnings(): Promise<Warning[]> {
      const unrouted = (await store.stats(q)).find(({ status }) => status === 'unrouted')
      if (!unrouted || unrouted.count === 0) return []
      return [
        {
          code: 'unrouted_events',
          message: `${unrouted.count} events on the shared route fit no app; the oldest is of ${iso(Number(unrouted.oldestAt))}.`,
          action:
            'Give them to an app with POST /internal/events/route or `cti-server events route`, and give one app shared_route.',
        },
      ]
    },

    /** Processes anew what the filter names; quarantined and unrouted events only with their own means. @returns how many. */
    async replayMany(filter: EventFilter): Promise<number> {
      const status = filter.status ?? 'failed'
      if (status === 'quarantined' || status === 'unrouted')
        throw new DomainError(
          'conflict',
          `Events that are ${status} cannot be replayed together; ${status === 'unrouted' ? 'give them to an app with POST /internal/events/route' : 'they are kept as evidence'}.`,
        )
      return requeue({ ...filter, status })
    },
  }
}

/** The event's JSON as it was understood, for a person; the text itself when it is none. */
export function payloadOf(event: EventRow): unknown {
  const text = decodeBody(event.body)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
