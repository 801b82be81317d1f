import { expect, test } from 'bun:test'
import { join } from 'node:path'

const PROGRAM = `
import { configure, getTextFormatter } from '@logtape/logtape'
import { logUnhandledErrors } from '${join(import.meta.dir, '../../src/cli/process-signals.ts')}'
import { errorReport } from '${join(import.meta.dir, '../../src/lib/error-text.ts')}'
const format = getTextFormatter({ value: errorReport })
await configure({
  sinks: { err: (record) => void process.stderr.write(format(record)) },
  loggers: [
    { category: 'cti', sinks: ['err'] },
    { category: ['logtape', 'meta'], sinks: [] },
  ],
})
logUnhandledErrors()
const server = Bun.serve({ port: 0, fetch: () => new Response('still here') })
`

async function run(program: string) {
  const child = Bun.spawn([process.execPath, '--eval', PROGRAM + program], {
    cwd: join(import.meta.dir, '../..'),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { out: out.trim(), err, code: await child.exited }
}

test('a promise that fails and that nobody waits for is logged, and the server goes on', async () => {
  const { out, err, code } = await run(`
    Promise.reject(new Error('nobody waits for this'))
    await new Promise((resolve) => setImmediate(resolve))
    console.log(await (await fetch(server.url)).text())
    process.exit(0)`)
  expect([code, out]).toEqual([0, 'still here'])
  expect(err).toContain('nobody waits for this')
})

test('what fails before the log is there is printed', async () => {
  const { err, code } = await run(`
    await (await import('@logtape/logtape')).reset()
    setImmediate(() => { throw new Error('too early') })`)
  expect([code, err]).toEqual([1, expect.stringContaining('uncaught exception: Error: too early')])
})

test('an exception that nobody can catch ends the server, and is logged without its data', async () => {
  const { err, code } = await run(`
    setImmediate(() => {
      throw Object.assign(new Error('Failed query: x params: Margaret'), { query: 'select 1', params: ['Margaret'] })
    })`)
  expect(code).toBe(1)
  expect(err).toMatch(/uncaught exception.*: Error: failed query: select 1/)
  expect(err).not.toContain('Margaret')
})
