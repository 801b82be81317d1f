import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { type Outcome, runTrial } from './run-load'

/** Orderly ends, and an instance that hangs. */

/** Longer than the lease of a claim. */
const STOPPED_MS = 35_000

/** SIGTERM under load: it drains, exits with 0, and another one starts. */
export async function terminateOnSqlite(rounds: number, seed: number): Promise<Outcome> {
  const instance = await createInstance({ DATA_DIR: scratchDir('fault-data') })
  return terminate('SIGTERM, SQLite', [instance], rounds, seed)
}

/** A rolling restart: one instance after the other. */
export async function terminateOnPostgres(rounds: number, seed: number, databaseUrl: string): Promise<Outcome> {
  const settings = { DATA_DIR: scratchDir('fault-data'), DATABASE_URL: databaseUrl }
  const instances = [await createInstance(settings), await createInstance(settings)]
  return terminate('SIGTERM, Postgres, two instances in turn', instances, rounds, seed)
}

async function terminate(
  what: string,
  instances: Awaited<ReturnType<typeof createInstance>>[],
  rounds: number,
  seed: number,
) {
  const codes: number[] = []
  const outcome = await runTrial({
    what,
    instances,
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        const instance = instances[round % instances.length]!
        await Bun.sleep(random.between(20, 1500))
        instance.signal('SIGTERM')
        codes.push(await instance.exited())
        instance.start()
        await instance.ready()
      }
    },
  })
  const unclean = codes.filter((code) => code !== 0)
  return unclean.length === 0
    ? outcome
    : { ...outcome, faults: [...outcome.faults, `SIGTERM ended with the codes ${unclean}`] }
}

/** One of two instances is stopped for longer than its claims hold, as by a hypervisor, and goes on. */
export async function stopPastLease(rounds: number, seed: number, databaseUrl: string): Promise<Outcome> {
  const settings = { DATA_DIR: scratchDir('fault-data'), DATABASE_URL: databaseUrl }
  const instances = [await createInstance(settings), await createInstance(settings)]
  return runTrial({
    what: `SIGSTOP for ${STOPPED_MS / 1000} s, Postgres, one of two instances`,
    instances,
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        await Bun.sleep(random.between(500, 1500))
        const victim = instances[round % 2]!
        victim.signal('SIGSTOP')
        await Bun.sleep(STOPPED_MS)
        victim.signal('SIGCONT')
        await Promise.all(instances.map((instance) => instance.ready()))
        await Bun.sleep(2000)
      }
    },
  })
}
