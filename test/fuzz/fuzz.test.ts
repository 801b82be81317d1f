import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createWorld, SECRET_OF_MINE, type World } from '../api/world'
import { createRandom } from '../faults/random'
import { freshUrl } from '../support/backends'
import { type Documented, operations } from '../support/documented'
import { HEAVY, requestFor } from './requests'

/**
 * Requests made from the OpenAPI document at random: none may end in a 5xx of ours, in an answer that the document does not
 * have, or in another app's data. `bun run test:fuzz` sends more; `FUZZ_SEED` repeats a run.
 */

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121)
const PER_OPERATION = Number(process.env.FUZZ_PER_OPERATION ?? 5)
/** A gateway's answer about Dialpad is documented; the server's own failures are not an answer to a request. */
const OURS = [500, 503]

describe.each(Object.entries(freshUrl))('any request on %s', (_name, makeUrl) => {
  let world: World
  beforeAll(async () => {
    world = await createWorld(new Set(), await makeUrl())
  }, 60_000)
  afterAll(() => world.stop())

  /** @returns what is wrong with the answers, each with what was asked. */
  async function send(one: Documented, seed: number): Promise<string[]> {
    const { mine, other, ids, call, wantedOf, keyOf, readToken } = world
    const random = createRandom(seed)
    const faults: string[] = []
    const pool = { ...ids, mine: mine.appId, other: other.appId }
    for (let n = 0; n < (HEAVY.has(one.id) ? 2 : PER_OPERATION); n++) {
      const wanted = requestFor(random, one, wantedOf(one), pool, [mine.appId, other.appId, ids.spare!])
      const isForeign = one.credentials === 'app' && random.isOneIn(2)
      const credential = isForeign ? other.apiKey : random.isOneIn(6) ? readToken : keyOf(one)
      const asked = () => `seed ${seed} request ${n}: ${one.method} ${one.path} ${JSON.stringify(wanted).slice(0, 600)}`
      try {
        const { status, body } = await call(one, credential, wanted)
        if (OURS.includes(status)) faults.push(`${status} ${JSON.stringify(body)} ${asked()}`)
        if (isForeign && credential === other.apiKey && JSON.stringify(body).includes(SECRET_OF_MINE))
          faults.push(`another app's data: ${asked()}`)
      } catch (error) {
        faults.push(`${(error as Error).message.slice(0, 600)} ${asked()}`)
      }
    }
    return faults
  }

  test(`${operations.length} operations answer as documented, without a failure or another app's data`, async () => {
    const faults: string[] = []
    for (const [index, one] of operations.entries()) faults.push(...(await send(one, SEED + index)))
    expect(faults).toEqual([])
  }, 1_800_000)
})
