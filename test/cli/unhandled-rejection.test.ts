import { expect, test } from 'bun:test'
import { join } from 'node:path'

const PROGRAM = `
import { configure, getTextFormatter } from '@logtape/logtape'
import { logUnhandledRejections } from '${join(import.meta.dir, '../../src/cli/process-signals.ts')}'
const format = getTextFormatter()
await configure({
  sinks: { err: (record) => void process.stderr.write(format(record)) },
  loggers: [
    { category: 'cti', sinks: ['err'] },
    { category: ['logtape', 'meta'], sinks: [] },
  ],
})
logUnhandledRejections()
const server = Bun.serve({ port: 0, fetch: () => new Response('still here') })
Promise.reject(new Error('nobody waits for this'))
await new Promise((resolve) => setImmediate(resolve))
console.log(await (await fetch(server.url)).text())
process.exit(0)
`

test('a promise that fails and that nobody waits for is logged, and the server goes on', async () => {
  const child = Bun.spawn([process.execPath, '--eval', PROGRAM], {
    cwd: join(import.meta.dir, '../..'),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect([await child.exited, out.trim()]).toEqual([0, 'still here'])
  expect(err).toContain('nobody waits for this')
})
