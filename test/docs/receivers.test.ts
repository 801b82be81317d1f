import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { freshUrl } from '../support/backends'
import { programIn } from '../support/doc-code'
import { freePort } from '../support/free-port'
import { hasPrograms } from '../support/programs'
import { scratchDir } from '../support/scratch'
import { startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

/** The receivers of docs/integrate.md as a reader runs them: saved under their name, and nothing else. */

const GUIDE = 'docs/integrate.md'
const RECEIVERS = [
  ['Node.js', 'receive.mjs', 'node', () => ['receive.mjs']],
  ['Python', 'receive.py', 'python3', () => ['receive.py']],
  ['PHP', 'receive.php', 'php', (port: number) => ['-S', `127.0.0.1:${port}`, 'receive.php']],
] as const

let server: TestServer
beforeAll(async () => {
  server = await startTestServer(await freshUrl.sqlite())
})
afterAll(() => server.stop())

const running: Bun.Subprocess[] = []
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill()
    await child.exited
  }
})

describe.each(RECEIVERS)('the receiver of the guide in %s', (language, name, command, args) => {
  const interpreter = Bun.which(command)
  hasPrograms(`the receiver in ${language}`, command)

  async function start(folder: string, port: number, secret: string): Promise<string[]> {
    const child = Bun.spawn([interpreter ?? command, ...args(port)], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', CTI_WEBHOOK_SECRET: secret },
      stdout: 'pipe',
      stderr: 'ignore',
    })
    running.push(child)
    const lines: string[] = []
    void (async () => {
      let rest = ''
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + text).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      }
    })()
    const answers = () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch(() => null)
    await until(`${name} to answer`, async () => (await answers())?.status === 400)
    return lines
  }

  test.skipIf(!interpreter)(
    'verifies, handles every entry once, and continues after a seq',
    async () => {
      const app = await server.createApp(language)
      const folder = scratchDir('recipe')
      const port = await freePort()
      await Bun.write(join(folder, name), programIn(GUIDE, name).replace('8080', String(port)))
      const url = `http://127.0.0.1:${port}/`
      const api = (method: string, path: string, body?: unknown) =>
        server.request(method, `/api/endpoints${path}`, { headers: { 'x-app-api-key': app.apiKey }, body })
      const append = (count: number) =>
        server.services.database.transaction((tx) =>
          server.services.stream.store.append(
            tx,
            app.appId,
            Array.from({ length: count }, () => ({
              ...{ event: 'call.ring', userId: null, dialpadUserId: null },
              data: { from_number: '+15555550109' },
            })),
            Date.now(),
          ),
        )
      const { endpoint, secret } = (await api('POST', '', { url, active: false, since: 0 })).body
      const line = (seq: number) => `${seq} call.ring +15555550109`

      const lines = await start(folder, port, secret)
      await api('PATCH', `/${endpoint.id}`, { active: true })
      await append(3)
      await until('three entries', () => lines.length === 3)
      expect(lines).toEqual([1, 2, 3].map(line))

      // Signed by somebody else, changed on the way, and sent again after an hour.
      const body = JSON.stringify({ event: 'call.ring', seq: 9 })
      const post = (by: string, at: number, sent = body) =>
        fetch(url, {
          method: 'POST',
          body: sent,
          headers: {
            'webhook-id': 'x_9',
            'webhook-timestamp': String(Math.floor(at / 1000)),
            'webhook-signature': new Webhook(by).sign('x_9', new Date(at), body),
          },
        })
      const stranger = `whsec_${Buffer.from('a'.repeat(32)).toString('base64')}`
      expect((await post(stranger, Date.now())).status).toBe(400)
      expect((await post(secret, Date.now(), `${body} `)).status).toBe(400)
      expect((await post(secret, Date.now() - 3_600_000)).status).toBe(400)

      const position = async () => (await api('GET', `/${endpoint.id}`)).body.endpoint.delivered_seq
      await until('the outcomes', async () => (await position()) === 3)
      // Delivered again, it answers 2xx and does nothing.
      await api('POST', `/${endpoint.id}/deliveries/${endpoint.id}_2/redeliver`)
      const attemptsOf = async (wanted: number): Promise<number> =>
        (await api('GET', `/${endpoint.id}/deliveries?limit=100`)).body.deliveries.find(
          ({ seq }: { seq: number }) => seq === wanted,
        )?.attempts.length ?? 0
      await until('the second delivery', async () => (await attemptsOf(2)) === 2)

      // Stopped, it misses two; then it continues after what it has.
      const before = running.pop()
      before?.kill()
      await before?.exited
      await append(2)
      // With one failure alone, a receiver that is back gets the next entry before the failed one.
      for (const missed of [4, 5]) await until('an entry to be missed', async () => (await attemptsOf(missed)) === 1)
      const last = Number(
        readFileSync(join(folder, 'handled.txt'), 'utf8').trim().split('\n').at(-1)?.split('_').at(-1),
      )
      expect(last).toBe(3)
      const again = await start(folder, port, secret)
      expect((await api('POST', `/${endpoint.id}/replay`, { since: last - 2 })).status).toBe(202)
      await until('what it missed', () => again.length >= 2)
      await until('the outcomes', async () => (await position()) === 5)
      expect([...lines, ...again]).toEqual([1, 2, 3, 4, 5].map(line))
    },
    60_000,
  )
})

describe('the steps of the guide for services', () => {
  const secret = `whsec_${Buffer.from('b'.repeat(32)).toString('base64')}`
  const body = JSON.stringify({ event: 'call.ring', seq: 7 })
  const now = new Date()
  const headers = {
    'webhook-id': 'e_7',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('e_7', now, body),
  }
  const load = (name: string, ...names: string[]) =>
    new Function(...names, 'require', `return (async function () {${programIn(GUIDE, name)}}).call(this)`)

  test('the Code node of n8n passes on what is signed, once', async () => {
    const memory = {}
    const run = (given: Record<string, string>) =>
      load('n8n.js', '$input', '$env', '$getWorkflowStaticData').call(
        { helpers: { getBinaryDataBuffer: async () => Buffer.from(body) } },
        { first: () => ({ json: { headers: given } }) },
        { CTI_WEBHOOK_SECRET: secret },
        () => memory,
        require,
      )
    expect(await run({ ...headers, 'webhook-id': 'e_8' })).toEqual([])
    expect(await run(headers)).toEqual([{ json: { event: 'call.ring', seq: 7 } }])
    expect(await run(headers)).toEqual([])
  })

  test('the Code step of Zapier returns whether it is signed', async () => {
    const run = (given: string) =>
      load('zapier.js', 'inputData').call(
        {},
        {
          ...{ id: headers['webhook-id'], timestamp: headers['webhook-timestamp'] },
          ...{ signature: headers['webhook-signature'], body: given, secret },
        },
        require,
      )
    expect(await run(body)).toEqual({ signed: true, id: 'e_7', event: 'call.ring', seq: 7 })
    expect(await run(`${body} `)).toEqual({ signed: false, id: 'e_7' })
  })
})
