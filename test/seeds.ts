import { runSuite } from './support/suite-run'

/**
 * `bun run test:seeds 10 [paths and flags of bun test]`: the tests in ten random orders, one after the other. Prints a line
 * per seed, and the result last. `FIRST_SEED=11` continues where ten seeds ended.
 */

const [count = '10', ...rest] = process.argv.slice(2)
const first = Number(process.env.FIRST_SEED ?? 1)
const seeds = Array.from({ length: Number(count) }, (_, index) => first + index)
let green = 0
for (const seed of seeds) if (await runSuite(`seed ${seed}`, ['--randomize', '--seed', String(seed), ...rest])) green++
console.log(`${green} of ${seeds.length} seeds green`)
process.exit(green === seeds.length ? 0 : 1)
