import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { type Outcome, runTrial } from './run-load'

/** The machine's clock is set forth and back under load, with a kill after some of the jumps. */

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'].map((folder) =>
  join(folder, 'faketime/libfaketime.so.1'),
)
const JUMPS = ['+3600', '+0', '-3600', '+0', '+86400', '-86400', '+0', '+30', '-30', '+0']

/** @returns null where libfaketime is not installed. */
export async function jumpClock(rounds: number, seed: number, databaseUrl?: string): Promise<Outcome | null> {
  const library = LIBRARIES.find((path) => existsSync(path))
  if (!library) return null
  const clock = join(scratchDir('fault-clock'), 'offset')
  const setClock = (offset: string) => writeFileSync(clock, offset)
  setClock('+0')
  const settings = {
    DATA_DIR: scratchDir('fault-data'),
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
  }
  const moved = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
  const instances = [await createInstance({ ...settings, ...moved })]
  // Its clock is right: two machines disagree.
  if (databaseUrl) instances.push(await createInstance(settings))
  return runTrial({
    what: `clock set forth and back by 30 s, an hour and a day, ${databaseUrl ? 'Postgres, one of two instances' : 'SQLite'}`,
    instances,
    rounds,
    seed,
    async harm(random) {
      const [victim] = instances
      for (let round = 0; round < rounds; round++) {
        await Bun.sleep(random.between(500, 1500))
        setClock(JUMPS[round % JUMPS.length]!)
        if (!random.isOneIn(2)) continue
        await Bun.sleep(random.between(0, 500))
        await victim!.kill()
        victim!.start()
        await victim!.ready()
      }
      setClock('+0')
      await Bun.sleep(1000)
    },
  })
}
