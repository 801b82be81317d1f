import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import type { PostgresServer } from './postgres-server'
import { type Outcome, runTrial } from './run-load'

/** Postgres stops, crashes and stays away under load. */

const BEFORE_MS = 2000

/** @param awayMs how long connections are refused the last time. */
export async function restartPostgres(
  rounds: number,
  seed: number,
  awayMs: number,
  server: PostgresServer,
): Promise<Outcome> {
  const settings = { DATA_DIR: scratchDir('fault-data'), DATABASE_URL: await server.createDatabase() }
  const instances = [await createInstance(settings), await createInstance(settings)]
  return runTrial({
    what: `Postgres stopped and crashed in turn, then away for ${awayMs / 1000} s, two instances`,
    instances,
    rounds,
    seed,
    async harm(random) {
      for (let round = 0; round < rounds; round++) {
        await Bun.sleep(BEFORE_MS + random.between(0, 1000))
        await (round % 2 === 0 ? server.stop() : server.crash())
        await Bun.sleep(round === rounds - 1 ? awayMs : random.between(0, 1500))
        await server.start()
        await Promise.all(instances.map((instance) => instance.ready()))
      }
      await Bun.sleep(BEFORE_MS)
    },
  })
}
