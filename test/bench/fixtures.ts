import { type Core, createCore } from '../../src/app/server'
import { createAppStore } from '../../src/apps/store'
import { createKeyVerifier } from '../../src/auth/key-verifier'
import { backends } from '../support/backends'
import { callEvent } from '../support/events'
import { testConfig } from '../support/server'

/** Every database, with a core over it and one app. */
export async function fresh() {
  return backends.map(([name, open]) => {
    const make = async () => {
      const database = await open()
      const core = createCore(testConfig('sqlite::memory:'), database)
      const { app } = await core.apps.create('Bench', 'bench')
      return { core, appId: app.id, close: () => database.close() }
    }
    return [name, make] as const
  })
}

let callId = 0
/** @returns a function that stores one new event. */
export const receive = (core: Core, appId: string) => () => {
  const body = JSON.stringify(callEvent(++callId, 'ringing', Date.now()))
  return core.ingest.store(body, body, { source: 'webhook', appId, webhookId: null })
}

export async function createApiKeyFixture(core: Core) {
  const { apiKey } = await core.apps.create('Keys', 'bench')
  const deps = { database: core.database, store: createAppStore(core.database), clock: core.clock }
  return { key: apiKey, verifyAnew: (key: string) => createKeyVerifier(deps).verify(key) }
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
