import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { type Outcome, runTrial } from './run-load'

/** `kill -9` of a server at a random instant, also while it starts. */

/** Of so many kills one comes before the server serves. */
const DURING_START = 5

export async function killOnSqlite(rounds: number, seed: number): Promise<Outcome> {
  const instance = await createInstance({ DATA_DIR: scratchDir('fault-data') })
  return runTrial({
    what: 'kill -9, SQLite',
    instances: [instance],
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        if (random.isOneIn(DURING_START)) await Bun.sleep(random.between(0, 150))
        else {
          await instance.ready()
          await Bun.sleep(random.between(20, 1500))
        }
        await instance.kill()
        instance.start()
      }
      await instance.ready()
    },
  })
}

/** One of two instances at a time, and now and then both. */
export async function killOnPostgres(rounds: number, seed: number, databaseUrl: string): Promise<Outcome> {
  const settings = { DATA_DIR: scratchDir('fault-data'), DATABASE_URL: databaseUrl }
  const instances = [await createInstance(settings), await createInstance(settings)]
  return runTrial({
    what: 'kill -9, Postgres, two instances',
    instances,
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        if (!random.isOneIn(DURING_START)) await Promise.all(instances.map((instance) => instance.ready()))
        await Bun.sleep(random.between(20, 1500))
        const victims = random.isOneIn(4) ? instances : [instances[random.between(0, 1)]!]
        await Promise.all(victims.map((victim) => victim.kill()))
        for (const victim of victims) victim.start()
      }
      await Promise.all(instances.map((instance) => instance.ready()))
    },
  })
}

/** Every instance at once, again and again, while far more arrives than is processed: what waits has many holders. */
export async function killWithBacklog(rounds: number, seed: number, databaseUrl?: string): Promise<Outcome> {
  const settings = { DATA_DIR: scratchDir('fault-data'), ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) }
  const instances = [await createInstance(settings)]
  if (databaseUrl) instances.push(await createInstance(settings))
  return runTrial({
    what: `kill -9 of all with a backlog, ${databaseUrl ? 'Postgres, two instances' : 'SQLite'}`,
    instances,
    rounds,
    seed,
    perSecond: 3000,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        await Promise.all(instances.map((instance) => instance.ready()))
        await Bun.sleep(random.between(200, 700))
        await Promise.all(instances.map((instance) => instance.kill()))
        for (const instance of instances) instance.start()
      }
      await Promise.all(instances.map((instance) => instance.ready()))
    },
  })
}
