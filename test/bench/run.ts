import { createApiKeyFixture, fresh, median, receive } from './fixtures'

/**
 * Each line compares two ways to do the same work, in turn and in one run, so that the machine's speed cancels out.
 * `bun run bench`
 */

const ROUNDS = 7

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function compare(what: string, slow: () => Promise<unknown>, fast: () => Promise<unknown>): Promise<void> {
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS; round++) ratios.push((await timed(slow)) / (await timed(fast)))
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)]
  console.log(`${what.padEnd(66)} ${median(ratios).toFixed(1).padStart(7)} × (${low.toFixed(1)} to ${high.toFixed(1)})`)
}

for (const [name, open] of await fresh()) {
  const { services, appId, close } = await open()
  const store = receive(services, appId)
  await compare(
    `${name}: 200 events stored one commit each, against sharing commits`,
    async () => {
      for (let i = 0; i < 200; i++) await store()
    },
    () => Promise.all(Array.from({ length: 200 }, store)),
  )
  while ((await services.events.processor.processBatch()) > 0);
  await compare(
    `${name}: 100 events processed one at a time, against one batch`,
    async () => {
      for (let i = 0; i < 100; i++) {
        await store()
        await services.events.processor.processBatch()
      }
    },
    async () => {
      for (let i = 0; i < 100; i++) await store()
      await services.events.processor.processBatch()
    },
  )
  const { key, verifyAnew } = await createApiKeyFixture(services)
  const from = { address: '203.0.113.1', lockedOut: false }
  await services.auth.keys.verify(key, from)
  await compare(
    `${name}: a key checked with bcrypt, against one remembered`,
    () => verifyAnew(key),
    () => services.auth.keys.verify(key, from),
  )
  await close()
}
process.exit(0)
