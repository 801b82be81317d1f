import { expect, test } from 'bun:test'
import { openDatabase } from '../../src/db'
import { createDeliveryStore, type DeliveryOutcome } from '../../src/endpoints/delivery-store'
import { createRecorder } from '../../src/endpoints/recorder'
import { freshUrl } from '../support/backends'

test('an outcome that is recorded the moment another one is saved does not wait for a third', async () => {
  const database = await openDatabase(await freshUrl.sqlite())
  const recorder = createRecorder({ database, store: createDeliveryStore(database), owner: 'this', clock: Date.now })
  const ofDeletedEndpoint = { endpointId: 'deleted' } as DeliveryOutcome
  await recorder.record(ofDeletedEndpoint, true)
  expect(await recorder.record(ofDeletedEndpoint, true)).toBeUndefined()
  await recorder.stop()
  await database.close()
})
