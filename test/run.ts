import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { failOnLeftovers } from './support/leftovers'
import { serveRunWide, stopRunWide } from './support/run-wide'
import { openScratch, removeScratch } from './support/scratch'

/**
 * `bun test/run.ts [paths and flags of bun test]`: the tests on every core, in one process more than there are cores, since a
 * test that waits for a browser or a database leaves its core to another. Beside `bun test`, which runs in one process and is
 * enough for a room, this shares the Postgres and the binary among the processes, and starts slow files first.
 */

/** Twice what a slow machine needs. A test that spins without yielding cannot be ended by its own timeout. */
const LIMIT_MINUTES = 25

/**
 * Most code runs for a few seconds here: optimizing it as early as in a server takes a seventh of the CPU time of a run. The
 * servers that tests start as processes have environments of their own, and compile as usual.
 */
const LESS_COMPILING = { BUN_JSC_useFTLJIT: '0', BUN_JSC_thresholdForOptimizeAfterWarmUp: '10000' }

openScratch()
const tests = Bun.spawn(
  [
    ...[process.execPath, 'test', '--timeout', '30000', '--no-orphans'],
    ...[`--parallel=${1 + Math.max(2, availableParallelism())}`, '--no-isolate'],
    `--timings=${join(import.meta.dir, 'timings.json')}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: join(import.meta.dir, '..'),
    env: { ...process.env, ...LESS_COMPILING, TEST_RUN_URL: serveRunWide() },
    stdio: ['inherit', 'inherit', 'inherit'],
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tests.kill(signal))
const limit = setTimeout(() => {
  console.error(`The tests did not finish within ${LIMIT_MINUTES} minutes and were stopped.`)
  tests.kill('SIGKILL')
}, LIMIT_MINUTES * 60_000)
let code = await tests.exited
clearTimeout(limit)
await stopRunWide()
removeScratch()
await failOnLeftovers().catch((error: Error) => {
  console.error(error.message)
  code ||= 1
})
process.exit(code)
