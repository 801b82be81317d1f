import { compose, type Services } from '../../src/app/compose'
import { createKeyVerifier } from '../../src/auth/key-verifier'
import { createAuthStore } from '../../src/auth/store'
import { backends } from '../support/backends'
import { callEvent } from '../support/events'
import { testConfig } from '../support/server'

/** Every database, with a services over it and one app. */
export async function fresh() {
  return backends.map(([name, open]) => {
    const make = async () => {
      const database = await open()
      const services = compose(testConfig('sqlite::memory:'), database)
      const { app } = await services.apps.create('Bench', 'bench')
      return { services, appId: app.id, close: () => database.close() }
    }
    return [name, make] as const
  })
}

let callId = 0
/** @returns a function that stores one new event. */
export const receive = (services: Services, appId: string) => () => {
  const body = JSON.stringify(callEvent(++callId, 'ringing', Date.now()))
  return services.events.receiver.store(body, body, { source: 'webhook', appId, webhookId: null })
}

export async function createApiKeyFixture(services: Services) {
  const { apiKey } = await services.apps.create('Keys', 'bench')
  const deps = { database: services.database, store: createAuthStore(services.database), clock: services.clock }
  return {
    key: apiKey,
    verifyAnew: (key: string) => createKeyVerifier(deps).verify(key, { address: '203.0.113.1', lockedOut: false }),
  }
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
