import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshUrl } from '../support/backends'
import { type Dialpad, startDialpad } from '../support/dialpad/start'
import { codeBlocks, programIn } from '../support/doc-code'
import { callEvent } from '../support/events'
import { freePort } from '../support/free-port'
import { hasPrograms } from '../support/programs'
import { scratchDir } from '../support/scratch'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'

/** The guides' shell blocks as a reader pastes them: in order, into one fresh shell. */

const ROOT = join(import.meta.dir, '../..')
const SHELL = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }
const shellBlocks = (path: string) => codeBlocks(path).filter(({ language }) => language === 'sh')

interface Pasted {
  code: string
  status: number
  output: string
}

/** Pastes blocks into one shell. @returns what each of them printed, and how its last command ended. */
async function paste(blocks: string[], cwd: string, env: Record<string, string> = SHELL): Promise<Pasted[]> {
  const mark = `--- end of block ${crypto.randomUUID()}`
  const script = blocks.map((code) => `{\n${code}\n} 2>&1\necho "${mark} $?"\n`).join('')
  const child = Bun.spawn(['bash', '-c', script], { cwd, env, stdout: 'pipe', stderr: 'pipe' })
  const parts = (await new Response(child.stdout).text()).split(mark)
  return blocks.map((code, index) => ({
    code,
    status: Number(/^ (\d+)/.exec(parts[index + 1] ?? '')?.[1] ?? -1),
    output: (parts[index] ?? '').replace(/^ \d+\n/, ''),
  }))
}

describe.skipIf(!hasPrograms('the guide', 'bash', 'curl'))('docs/integrate.md', () => {
  let server: TestServer
  let dialpad: Dialpad
  let app: { appId: string; apiKey: string }
  let folder: string
  let pasted: Pasted[]

  beforeAll(async () => {
    dialpad = startDialpad()
    server = await startTestServer(await freshUrl.sqlite(), {
      DIALPAD_BASE_URL: dialpad.url,
      DIALPAD_API_KEY: dialpad.apiKey,
    })
    app = await server.createApp('Guide')
    const user = dialpad.state.users[0]
    await server.admin('POST', `/internal/apps/${app.appId}/users/map`, {
      dialpad_user_id: user?.id,
      crm_user_id: 'avery',
    })
    for (const state of ['ringing', 'connected', 'hangup'] as const)
      await server.deliver(callEvent(1, state, Date.now() - 60_000))
    await server.settle()
    folder = scratchDir('guide')
    const port = String(await freePort())
    const blocks = shellBlocks('docs/integrate.md').map(({ code }) =>
      code
        .replace('http://localhost:4000', server.url)
        .replace('CTI_KEY=raw_…', `CTI_KEY=${app.apiKey}`)
        .replace('APP_ID=01a1fc9a-…', `APP_ID=${app.appId}`)
        .replace('INTERNAL_API_SECRET=…', `INTERNAL_API_SECRET=${ADMIN_SECRET}`)
        .replace('localhost:8080', `localhost:${port}`)
        .replace('--max-time 60', '--max-time 2'),
    )
    pasted = await paste(blocks, folder)
  }, 120_000)
  afterAll(async () => {
    await server.stop()
    await dialpad.stop()
  })

  const outputOf = (part: string) => pasted.filter(({ code }) => code.includes(part)).map(({ output }) => output)
  const OUT_OF_TIME = 28

  test('no block has a prompt, and no placeholder is left', () => {
    for (const { code } of pasted) expect(code).not.toMatch(/^\$ |…/m)
  })

  test('every block runs, and every response is the one in the guide', () => {
    for (const { code, status, output } of pasted) {
      expect([code, code.includes('--max-time') ? [0, OUT_OF_TIME].includes(status) : status === 0]).toEqual([
        code,
        true,
      ])
      expect(output).not.toMatch(/command not found|unbound|syntax error|curl: \((?!28)/)
      if (!code.includes('status=gone'))
        expect([code, output]).not.toEqual([code, expect.stringContaining('"success":false')])
    }
    const answered = pasted.filter(({ code }) => code.includes('curl') && !code.includes('>'))
    expect(answered.length).toBeGreaterThan(8)
    for (const { output } of answered) expect(output).toMatch(/"success":|"type":"subscribed"/)
    expect(outputOf('status=gone')[0]).toContain('"code":"validation_failed"')
  })

  test('the stream continues where curl stopped', () => {
    const [first, second] = outputOf('/api/events/stream')
    for (const output of [first, second]) expect(output).toContain('"event":"call.ring"')
    expect(readFileSync(join(folder, 'entries.txt'), 'utf8')).toContain('id: 1\n')
  })

  test('a second run of the recipe for curl receives nothing twice', async () => {
    const recipe = pasted.find(({ code }) => code.includes('entries.txt'))?.code ?? ''
    const [again] = await paste([`export SERVER=${server.url} CTI_KEY=${app.apiKey}\n${recipe}`], folder)
    expect(again?.output).toContain('"type":"subscribed"')
    expect(again?.output).not.toContain('id: 1\n')
  }, 30_000)

  test('a click that is sent twice places one call', () => {
    const answers = (outputOf('Idempotency-Key: $CLICK')[0] ?? '').match(/"dialpad_call_id":\d+/g)
    expect(answers).toHaveLength(2)
    expect(answers?.[0]).toBe(answers?.[1] ?? '')
  })

  test('the sync job copies every call, then only what changed', async () => {
    await Bun.write(join(folder, 'sync.mjs'), programIn('docs/integrate.md', 'sync.mjs'))
    const sync = async () => {
      const env = { ...SHELL, SERVER: server.url, CTI_KEY: app.apiKey }
      const child = Bun.spawn(['node', 'sync.mjs'], { cwd: folder, env, stdout: 'pipe', stderr: 'inherit' })
      expect(await child.exited).toBe(0)
      const lines = readFileSync(join(folder, 'calls.ndjson'), 'utf8').trim().split('\n')
      return new Map(lines.map((line) => JSON.parse(line)).map((call) => [call.id, call]))
    }
    const first = await sync()
    const listed = (await server.get('/api/calls?limit=100', app.apiKey)).body.calls
    expect([...first.keys()].sort()).toEqual(listed.map(({ id }: { id: string }) => id).sort())
    await server.deliver(callEvent(2, 'ringing', Date.now()))
    await server.settle()
    expect((await sync()).size).toBe(first.size + 1)
    await server.deliver(callEvent(2, 'connected', Date.now()))
    await server.settle()
    const last = await sync()
    expect([...last.values()].find((call) => call.dialpad_call_id === 2).status).toBe('active')
  }, 30_000)
})

describe('README.md', () => {
  test.skipIf(!hasPrograms('the README', 'bash', 'curl'))(
    'a call in a minute: simulate, read, and listen',
    async () => {
      const port = await freePort()
      const dataDir = scratchDir('readme')
      const env = { ...SHELL, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDir }
      const server = Bun.spawn([process.execPath, 'src/main.ts'], {
        cwd: ROOT,
        env,
        stdout: 'ignore',
        stderr: 'ignore',
      })
      try {
        const url = `http://localhost:${port}`
        await until('the server', async () => (await fetch(`${url}/ready`).catch(() => null))?.ok === true, 30_000)
        const blocks = shellBlocks('README.md').map(({ code }) =>
          code.replaceAll('localhost:4000', `localhost:${port}`).replaceAll('npx -y bun@1.4.5', process.execPath),
        )
        const [simulate = '', read = '', listen = ''] = blocks
        const [simulated] = await paste([simulate], ROOT, env)
        expect([simulated?.status, simulated?.output]).toEqual([0, expect.stringContaining('call.started')])
        const key = /raw_[0-9a-f]{64}/.exec(simulated?.output ?? '')?.[0] ?? ''
        const received = join(dataDir, 'received.txt')
        const beside = `${listen.trim()} > ${received} & LISTENER=$!`
        const waitFor = `for i in $(seq 300); do grep -q "$WHAT" ${received} && break; sleep 0.1; done`
        const [answer, , , again] = await paste(
          [
            read.replace('raw_…', key),
            beside,
            `WHAT=subscribed; ${waitFor}`,
            simulate,
            `WHAT=call.ring; ${waitFor}; kill $LISTENER`,
          ],
          ROOT,
          env,
        )
        expect(answer?.output).toContain('"status":"ended"')
        expect(again?.status).toBe(0)
        expect(existsSync(received) && readFileSync(received, 'utf8')).toContain('"event":"call.ring"')
      } finally {
        server.kill()
        await server.exited
      }
    },
    120_000,
  )
})
