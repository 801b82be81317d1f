import { afterEach, describe, expect, test } from 'bun:test'
import { listJobs, scheduleJobs } from '../../src/app/jobs'
import { createAppStore } from '../../src/apps/store'
import { openDatabase } from '../../src/db'
import { emptyUrl, freshUrl } from '../support/backends'
import { callEvent } from '../support/events'
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer'
import { type ServerProcess, startBinary } from '../support/process'
import { createQueue } from '../support/queue'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET, sign, WEBHOOK_SECRET } from '../support/server'
import { connect, entries, type TestSocket } from '../support/socket'
import { startStopwatch } from '../support/stopwatch'
import { until } from '../support/until'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** Starts processes on one database. */
async function startInstances(count: number, database: Record<string, string>) {
  const settings = {
    DATA_DIR: scratchDir('instances-data'),
    INTERNAL_API_SECRET: ADMIN_SECRET,
    DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
    ...database,
  }
  const instances = await Promise.all(Array.from({ length: count }, () => startBinary(settings)))
  for (const instance of instances)
    undo.push(async () => {
      instance.kill('SIGKILL')
      await instance.exited
    })
  return instances
}

async function createApp({ url }: ServerProcess) {
  const created = await fetch(`${url}/internal/apps`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'One' }),
  })
  return (await created.json()) as { app_id: string; api_key: string }
}

async function deliver({ url }: ServerProcess, id: number, state = 'ringing'): Promise<void> {
  const body = await sign(callEvent(id, state, Date.now(), { date_started: Date.now() }))
  const response = await fetch(`${url}/webhooks/dialpad`, { method: 'POST', body })
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)])
}

const callIds = (socket: TestSocket): number[] => entries(socket).map(({ call_id }) => call_id)
const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

async function expectOnceInOrder(socket: TestSocket, ids: number[]): Promise<void> {
  await until('every entry on the socket', () => entries(socket).length >= ids.length)
  expect(callIds(socket).toSorted((a, b) => a - b)).toEqual(ids)
  expect(entries(socket).map(({ seq }) => seq)).toEqual(numbers(ids.length))
}

/** Every instance receives 40 events, some of them twice, while each has a socket. */
async function expectOneStream(instances: ServerProcess[]): Promise<void> {
  const { api_key } = await createApp(instances[0]!)
  const sockets = await Promise.all(instances.map(({ url }) => connect(`${url}/ws?api_key=${api_key}&since=0`)))
  await Promise.all(
    instances.map(async (instance, place) => {
      for (const id of numbers(40, 1 + place * 40)) await deliver(instance, id)
    }),
  )
  for (const socket of sockets) await expectOnceInOrder(socket, numbers(40 * instances.length))
  for (const socket of sockets) socket.close()
}

describe('several instances on one Postgres', () => {
  test('three processes number each event once, and every socket receives all of them in order', async () => {
    await expectOneStream(await startInstances(3, { DATABASE_URL: await emptyUrl.pg() }))
  })

  test('a revoked key is refused by the others, too', async () => {
    const [one, other] = await startInstances(2, { DATABASE_URL: await freshUrl.pg() })
    const { app_id, api_key } = await createApp(one!)
    const socket = await connect(`${other!.url}/ws?api_key=${api_key}`)
    await socket.next(({ type }) => type === 'subscribed')
    const revoked = await fetch(`${one!.url}/internal/apps/${app_id}/api-key/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_SECRET}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(revoked.ok).toBe(true)
    expect((await socket.ended()).code).toBe(4401)
  })

  /** Keeps events of the app from being processed, not from being received, until it is called. */
  async function holdApp(url: string, appId: string): Promise<() => Promise<void>> {
    const database = await openDatabase(url)
    undo.push(() => database.close())
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: held, resolve: isHeld } = Promise.withResolvers<void>()
    const holding = database.transaction(async (tx) => {
      await createAppStore(database).lock(tx, appId)
      isHeld()
      await released
    })
    await held
    return async () => {
      release()
      await holding
    }
  }

  /** Two instances, of which one acknowledged 20 events that nobody may process before `release`; the other has a socket. */
  async function startWithWaiting() {
    const DATABASE_URL = await freshUrl.pg()
    const [one, other] = await startInstances(2, { DATABASE_URL })
    const { app_id, api_key } = await createApp(one!)
    const socket = await connect(`${other!.url}/ws?api_key=${api_key}&since=0`)
    const release = await holdApp(DATABASE_URL, app_id)
    for (const id of numbers(20)) await deliver(one!, id)
    return { one: one!, other: other!, socket, release }
  }

  test('events acknowledged by a killed instance reach the sockets of another within 3 s', async () => {
    const { one, other, socket, release } = await startWithWaiting()
    expect(entries(socket)).toEqual([])
    const sinceKill = startStopwatch(other.pid)
    one.kill('SIGKILL')
    await release()
    await expectOnceInOrder(socket, numbers(20))
    expect(sinceKill(other.pid)).toBeLessThan(3000)
  })

  test('an instance that was considered dead and continues changes nothing twice', async () => {
    const { one, socket, release } = await startWithWaiting()
    one.kill('SIGSTOP')
    await release()
    await expectOnceInOrder(socket, numbers(20))
    one.kill('SIGCONT')
    // Postgres has closed the connection of its transaction. A delivery on it is refused, and Dialpad repeats it.
    await deliver(one, 21).catch(() => deliver(one, 21))
    await expectOnceInOrder(socket, numbers(21))
  })

  test('a job for all apps runs on one of three instances each time', async () => {
    const database = await openDatabase(await freshUrl.pg())
    undo.push(() => database.close())
    await database.migrate()
    const queue = await createQueue(database)
    const jobs = [1, 2, 3].map(() => listJobs(queue.servicesAt(Date.now)))
    const names = ['stale calls', 'retention', 'idempotency keys', 'backfill', 'quiet calls', 'token refresh']
    for (const name of names) {
      const may = () => Promise.all(jobs.map((all) => all.find((job) => job.name === name)!.mayRun!()))
      expect((await may()).filter(Boolean)).toHaveLength(1)
      expect((await may()).filter(Boolean)).toHaveLength(0)
      await database.queries.update(database.tables.jobRuns).set({ startedAt: 0 })
      expect((await may()).filter(Boolean)).toHaveLength(1)
    }
  })

  test('a job that another instance runs is not run here', async () => {
    let [asked, runs] = [0, 0]
    const mayRun = async () => ++asked % 3 === 0
    undo.push(scheduleJobs([{ name: 'often', everyMs: 1, run: () => runs++, mayRun }]))
    await until('it to be asked for several times', () => asked >= 9)
    expect(runs).toBe(Math.floor(asked / 3))
  })
})

describe.skipIf(!hasPgBouncer)('PgBouncer in transaction mode', () => {
  test('carries everything but what needs a session: three processes, migrations, live entries, a revoked key', async () => {
    const DATABASE_DIRECT_URL = await freshUrl.pg()
    const bouncer = await startPgBouncer(DATABASE_DIRECT_URL)
    undo.push(bouncer.stop)
    await expectOneStream(await startInstances(3, { DATABASE_URL: bouncer.url, DATABASE_DIRECT_URL }))
  })
})
