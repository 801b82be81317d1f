import { afterEach, expect, test } from 'bun:test'
import { compose } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { createDeliverer } from '../../src/endpoints/deliverer'
import { createDeliveryStore } from '../../src/endpoints/delivery-store'
import { createSender } from '../../src/endpoints/sender'
import { realTimers } from '../../src/lib/timers'
import { backends } from '../support/backends'
import { quickWork, testConfig } from '../support/server'
import { until } from '../support/until'
import { startWebhookReceiver } from '../support/webhook-receiver'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

test.each(backends)(
  'on %s an entry that comes while an instance begins to deliver is delivered without a sweep',
  async (_name, open) => {
    const database: Database = await open()
    stops.push(database.close)
    const config = testConfig('sqlite::memory:')
    const services = compose(config, database, Date.now, quickWork)
    const receiver = startWebhookReceiver()
    stops.push(receiver.stop)
    const { app } = await services.apps.create('One', 'a test')
    const settings = { url: receiver.url, description: null, events: [], userId: null, active: true }
    receiver.secret = (await services.endpoints.management.create(app.id, settings, null)).secret

    const { store } = services.stream
    let notified = 0
    const append = () =>
      database.transaction((tx) =>
        store.append(tx, app.id, [{ event: 'call.ring', userId: null, dialpadUserId: null, data: {} }], Date.now()),
      )
    await database.listen(
      'stream',
      () => void notified++,
      () => {},
    )
    const deliverer = createDeliverer({
      ...services,
      store: createDeliveryStore(database),
      stream: {
        store: {
          ...store,
          /** The entry is appended, and everybody notified of it, between the look at the head and its answer. */
          async head(queries, appId) {
            const head = await store.head(queries, appId)
            await append()
            await until('the notification', () => notified > 0)
            return head
          },
        },
      },
      sender: createSender({ allowPrivate: true, clock: Date.now }),
      clock: Date.now,
      timers: realTimers,
      instanceId: 'one',
    })
    await deliverer.start()
    stops.push(deliverer.stop)
    await until('the delivery', () => receiver.taken.length === 1)
    expect(receiver.taken).toEqual([1])
  },
)
