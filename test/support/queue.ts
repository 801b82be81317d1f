import { eq } from 'drizzle-orm'
import { compose } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { insertApp } from './apps'
import { AGENT_ID, T0 } from './events'
import { quickWork, testConfig } from './server'

/** The server's services over a database with one app, at a time that the test moves: `queue.now += 1000`. */
export async function createQueue(database: Database) {
  const appId = await insertApp(database, 'One', T0)
  const clock = { now: T0 }
  const servicesAt = (time: () => number, settings: object = {}) =>
    compose({ ...testConfig('sqlite::memory:'), ...settings }, database, time, quickWork)
  const services = servicesAt(() => clock.now)
  return Object.assign(clock, {
    appId,
    services,
    /** Another instance over the same database. */
    servicesAt,
    async receive(payload: object) {
      const body = JSON.stringify(payload)
      return services.events.receiver.storeEvent(body, body, { source: 'webhook', appId, webhookId: null })
    },
    /** Processes all that is due. */
    async settle({ events: { processor } } = services): Promise<void> {
      while ((await processor.processBatch()) > 0);
    },
    entries: async () =>
      (await services.stream.store.after(database.queries, appId, 0, 2000)).map(({ data }) => JSON.parse(data)),
    /** Makes a stored event one that cannot be applied. */
    async breakBody(id: string): Promise<void> {
      const { webhookEvents } = database.tables
      await database.queries.update(webhookEvents).set({ body: '{not json' }).where(eq(webhookEvents.id, id))
    },
  })
}

export type Queue = Awaited<ReturnType<typeof createQueue>>

/** An event that adds an entry each time it is applied: a second application shows. */
export const agentStatus = (number: number) => ({
  on_duty_status: `status-${number}`,
  target: { id: AGENT_ID, type: 'user' },
  event_timestamp: T0 + number,
})

/** Makes the database believe for a long time that an instance lives: its claims hold. */
export async function keepAlive({ queries, tables }: Database, instanceId: string): Promise<void> {
  await queries.insert(tables.instances).values({ id: instanceId, beatAt: Date.now() + 3_600_000 })
}
