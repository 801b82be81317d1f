import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { type Outcome, runTrial } from './run-load'

/** Orderly ends, and an instance that hangs. */

/** Logged by the instance that takes over. */
const TAKEOVER = 'stopped sending heartbeats; this instance processes their events'

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

/**
 * One of two instances is stopped, as by a hypervisor, and goes on. Meanwhile it sends no heartbeat, so the other one takes
 * over its events at once, however long its claims hold.
 */
export async function stopPastHeartbeat(rounds: number, seed: number, stoppedMs: number, databaseUrl: string) {
  const settings = { DATA_DIR: scratchDir('fault-data'), DATABASE_URL: databaseUrl }
  const instances = [await createInstance(settings), await createInstance(settings)]
  const untaken: number[] = []
  const outcome = await runTrial({
    what: `SIGSTOP for ${stoppedMs / 1000} s, Postgres, one of two instances`,
    instances,
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        await Bun.sleep(random.between(500, 1500))
        const [victim, other] = [instances[round % 2]!, instances[(round + 1) % 2]!]
        const takeovers = () => other.log().filter((line) => line.includes(TAKEOVER)).length
        const before = takeovers()
        victim.signal('SIGSTOP')
        await Bun.sleep(stoppedMs)
        if (takeovers() === before) untaken.push(round)
        victim.signal('SIGCONT')
        await Promise.all(instances.map((instance) => instance.ready()))
        await Bun.sleep(2000)
      }
    },
  })
  return untaken.length === 0
    ? outcome
    : { ...outcome, faults: [...outcome.faults, `the other instance did not take over in the rounds ${untaken}`] }
}
