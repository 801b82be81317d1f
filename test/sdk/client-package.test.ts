import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type BrowserServer, callEvent, startBrowserServer } from '../support/browser-server'
import { hasNode, npmInstall, run } from '../support/host-app'
import { scratchDir } from '../support/scratch'

const TSC = join(import.meta.dir, '../../node_modules/typescript/bin/tsc')

/** What a program in Node.js does with the client: reads a list, then follows the stream until a call rings. */
const program = (socket: string) => `import { CtiClient } from 'cti-client'
${socket}
const client = new CtiClient({ baseUrl: process.argv[2], token: process.argv[3], WebSocket })
console.log((await client.calls.list({ limit: 1 })).pagination.limit)
const live = client.live({ events: ['call.ring'] })
live.on('state', (state) => console.log(state))
live.on('entry', ({ event, call_id }) => {
  console.log(event, call_id)
  live.close()
})
`
const SOCKETS = {
  'the package ws': "import WebSocket from 'ws'",
  'no WebSocket at all': 'const WebSocket = undefined; globalThis.WebSocket = undefined',
}

describe.skipIf(!hasNode)('cti-client, installed by npm from the server', () => {
  const folder = scratchDir('client')
  let server: BrowserServer
  let app: { app_id: string; api_key: string }
  beforeAll(async () => {
    server = await startBrowserServer()
    app = await server.createApp('Node')
    await Bun.write(join(folder, 'package.json'), '{"private":true,"type":"module"}')
    const beside = ['ws@8.23.0', '@types/ws@8.18.1', '@types/node@20.19.0']
    await npmInstall(folder, `${server.url}/sdk/cti-client.tgz`, ...beside)
  }, 120_000)
  afterAll(() => server?.stop())

  test.each(Object.entries(SOCKETS))(
    'lists calls and follows the stream in Node.js with %s',
    async (_, socket) => {
      await Bun.write(join(folder, 'main.js'), program(socket))
      const command = ['node', 'main.js', server.url, app.api_key]
      const child = Bun.spawn(command, { cwd: folder, stdout: 'pipe', stderr: 'pipe' })
      let printed = ''
      const call_id = 4_100_000_000_000_100 + socket.length
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const before = printed
        printed += chunk
        if (!before.includes('live') && printed.includes('live'))
          await server.deliver(callEvent('ringing', { call_id, at: Date.now() }))
      }
      expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ''])
      expect(printed.split('\n')).toEqual(['1', 'live', `call.ring ${call_id}`, 'closed', ''])
    },
    30_000,
  )

  test('passes a strict type check in a project without the DOM, with ws', async () => {
    await Bun.write(
      join(folder, 'main.ts'),
      `import { CtiClient, isOpen } from 'cti-client'
import { WebSocket } from 'ws'
const client = new CtiClient({ baseUrl: 'http://x', token: 't', WebSocket })
const { calls } = await client.calls.list()
export const open: string[] = calls.filter(({ status }) => isOpen(status)).map(({ id }) => id)
`,
    )
    const options = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2022'],
      strict: true,
      noEmit: true,
      types: ['node'],
    }
    await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['main.ts'] }))
    await run(folder, 'node', TSC, '-p', '.')
  }, 30_000)
})
