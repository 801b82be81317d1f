import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { freePort } from '../../support/free-port'
import { hasNode, npmInstall, run, writeHostApp } from '../../support/host-app'
import { miniDialerFrame, press, received, startMiniDialer } from '../../support/mini-dialer'
import { scratchDir } from '../../support/scratch'
import { until } from '../../support/until'

const MODULES = join(import.meta.dir, '../../../node_modules')
const VITE = ['vite@8.3.8', '@vitejs/plugin-react@6.1.2', '@types/node@20.19.0']
/** What an application of each React installs beside the kit. */
const REACTS = {
  18: ['react@18.3.1', 'react-dom@18.3.1', '@types/react@18.3.8', '@types/react-dom@18.3.7'],
  19: ['react@19.3.1', 'react-dom@19.3.1', '@types/react@19.3.0', '@types/react-dom@19.3.0'],
} as const
const VERSIONS = [18, 19] as const
/** In development React checks how it is used, and complains in the console. */
const MODES = ['production', 'development'] as const
/** The compiler each checks itself with: TypeScript 5 and 7. */
const TSC = { 18: join(MODULES, 'typescript-5/bin/tsc'), 19: join(MODULES, 'typescript/bin/tsc') } as const

interface HostWindow {
  host: {
    version: string
    seen: { external_number: string | null; contact: string | null; customer?: string }[]
    errors: string[]
    users: (number | null)[]
    call: () => Promise<void>
  }
}

const root = scratchDir('host')
const folder = (react: number) => join(root, `react${react}`)
let server: BrowserServer
let app: { app_id: string; api_key: string }
let pages: ReturnType<typeof Bun.serve>
let dialer: Awaited<ReturnType<typeof startMiniDialer>>

/** Everything is installed as its author would: by npm, the kit from the running server. */
describe.skipIf(!hasNode)('the packages', () => {
  beforeAll(async () => {
    const port = await freePort()
    dialer = await startMiniDialer()
    server = await startBrowserServer({ CORS_ORIGINS: `http://127.0.0.1:${port}` })
    app = await server.createApp('Host')
    await server.know(app.app_id, {
      customers: [{ external_id: 'c-1', name: 'Grace Hopper', phone: '+15557654321' }],
      users: { 5000: 'ann' },
    })
    await Bun.write(join(root, 'package.json'), '{"private":true,"type":"module"}')
    await npmInstall(root, ...VITE)
    for (const react of VERSIONS) {
      await writeHostApp(folder(react))
      await npmInstall(folder(react), ...REACTS[react], `${server.url}/sdk/cti-react.tgz`)
      for (const mode of MODES) {
        const vite = [
          join(root, 'node_modules/.bin/vite'),
          'build',
          '--base',
          './',
          '--mode',
          mode,
          '--outDir',
          `dist/${mode}`,
        ]
        await run(folder(react), 'env', `NODE_ENV=${mode}`, ...vite)
      }
    }
    pages = Bun.serve({
      port,
      hostname: '127.0.0.1',
      async fetch(request) {
        const [, react, mode, ...path] = new URL(request.url).pathname.split('/')
        const file = Bun.file(join(root, react!, 'dist', mode!, path.join('/') || 'index.html'))
        return (await file.exists()) ? new Response(file) : new Response(null, { status: 404 })
      },
    })
  }, 240_000)

  afterAll(async () => {
    await pages?.stop(true)
    await server?.stop()
    await dialer?.stop()
  })

  describe.each(VERSIONS)('an application with React %d that installed the kit from the server', (react) => {
    test('passes a strict type check of everything it installed', async () => {
      await run(folder(react), 'node', TSC[react], '-p', '.')
    }, 60_000)

    test('has one React, and of the kit less than a megabyte and nothing else', async () => {
      const installed = readdirSync(join(folder(react), 'node_modules')).filter((name) => !name.startsWith('.'))
      const expected = [
        '@types',
        'cti-react',
        'csstype',
        'js-tokens',
        'loose-envify',
        'prop-types',
        'react',
        'react-dom',
      ]
      expect(installed.filter((name) => ![...expected, 'scheduler'].includes(name))).toEqual([])
      const kit = join(folder(react), 'node_modules/cti-react')
      const files = readdirSync(kit, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      expect(files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0)).toBeLessThan(1e6)
      const { dependencies } = await Bun.file(join(kit, 'package.json')).json()
      expect(dependencies).toBeUndefined()
    })

    test('renders on a server with Node.js', async () => {
      const { version, node, html } = JSON.parse(await run(folder(react), 'node', 'ssr.js'))
      expect(Number.parseInt(version, 10)).toBe(react)
      expect(Number.parseInt(node.slice(1), 10)).toBeGreaterThanOrEqual(20)
      expect(html).toContain('Call Grace')
      expect(html).toContain('aria-label="Phone"')
    })
  })

  describeInBrowser('the application built with Vite, in Chromium', (browser) => {
    let context: BrowserContext
    afterEach(async () => {
      await context.close()
      await server.hangUpAll()
    })

    async function open(react: number, options: { mode?: string; host?: string } = {}) {
      context = await browser().newContext()
      const watched = await watchedPage(context)
      watched.page.on('console', (message) => {
        if (message.type() === 'error') watched.problems.push(message.text())
      })
      const { token } = await server.call<{ token: string }>('POST', '/api/tokens', { user_id: 'ann' }, app.api_key)
      const query = new URLSearchParams({ server: server.url, dialpad: dialer.origin, token, user: 'ann' })
      const { host = '127.0.0.1', mode = 'production' } = options
      await watched.page.goto(`http://${host}:${pages.port}/react${react}/${mode}/?${query}`)
      await miniDialerFrame(watched.page)
      await watched.page.waitForFunction(() => document.title === 'User 5000')
      return watched
    }
    const host = <T>(page: Page, read: (host: HostWindow['host']) => T) =>
      page.evaluate(`(${read.toString()})(window.host)`) as Promise<T>
    const live = (page: Page) =>
      page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Live'))

    const builds = VERSIONS.flatMap((react) => MODES.map((mode) => [react, mode] as const))
    test.each(builds)(
      'with React %d in %s shows button and telephone, pops the customer, and calls',
      async (react, mode) => {
        const { page, problems } = await open(react, { mode })
        expect(Number.parseInt(await host(page, ({ version }) => version), 10)).toBe(react)
        await live(page)
        await page.getByRole('button', { name: 'Call Grace Hopper, (555) 765-4321' }).waitFor()
        expect(await page.locator('.cti-launcher').textContent()).toBe('Dialpad')
        // Out of reach while it is closed, in React 18 too.
        expect(await page.locator('.cti-panel').evaluate((panel) => (panel as HTMLElement).inert)).toBe(true)

        const id = 4_100_000_000_000_000 + react * 10 + MODES.indexOf(mode)
        await press(page, 'ring', id, '+15557654321', { id: 1, type: 'local', name: 'Somebody' })
        await page.getByRole('heading', { name: 'Record: c-1' }).waitFor()
        await server.deliver(callEvent('ringing', { call_id: id, at: Date.now() }))
        await server.deliver(callEvent('connected', { call_id: id, at: Date.now() }))
        await page.locator('.cti-card[data-status=active]').waitFor()
        expect(await host(page, ({ seen }) => seen)).toEqual([
          { external_number: '+15557654321', contact: 'Somebody', customer: 'c-1' },
        ])

        await host(page, ({ call }) => call())
        const asked = (await received(page)).filter(({ method }) => method === 'initiate_call')
        expect(
          asked.map(({ payload }) => [payload?.phone_number, JSON.parse(String(payload?.custom_data)).source]),
        ).toEqual([['+15551234567', 'field_service']])
        expect(await host(page, ({ users }) => users.at(-1))).toBe(5000)
        expect(await host(page, ({ errors }) => errors)).toEqual([])
        expect(problems).toEqual([])
      },
    )

    test('sends where a call was started as its source, with customer and job', async () => {
      const { page } = await open(19)
      await page.getByRole('button', { name: 'Call Grace Hopper, (555) 765-4321' }).click()
      await until('the call to be asked', async () =>
        (await received(page)).some((seen) => seen.method === 'initiate_call'),
      )
      const { payload } = (await received(page)).find(({ method }) => method === 'initiate_call')!
      expect(JSON.parse(String(payload?.custom_data))).toMatchObject({
        source: 'cti-react',
        customer_id: 'c-1',
        job_id: '1001',
        customer_name: 'Grace Hopper',
      })
    })

    test('shows and reports a missing CORS origin, with the setting to fix it', async () => {
      const { page } = await open(19, { host: 'localhost' })
      const origin = `http://localhost:${pages.port}`
      const text = `Add ${origin} to CORS_ORIGINS`
      await page.locator('.cti-launcher').click()
      await page.locator('.cti-panel [role=alert]', { hasText: text }).waitFor()
      const errors = await host(page, ({ errors }) => errors)
      expect(errors).toHaveLength(1)
      expect(errors[0]).toContain(text)
    })

    test('icon buttons are round in every size', async () => {
      const { page } = await open(19)
      const boxes = await page
        .locator('.cti-button[data-variant=icon]')
        .evaluateAll((buttons) =>
          buttons.map((button) => [button.clientWidth, button.clientHeight, getComputedStyle(button).borderRadius]),
        )
      expect(boxes).toHaveLength(3)
      for (const [width, height, radius] of boxes) expect([width, radius]).toEqual([height!, '50%'])
      expect(new Set(boxes.map(([width]) => width)).size).toBe(3)
    })
  })

  test('an application installs the same bytes again from its lockfile', async () => {
    await run(folder(18), 'npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error')
  }, 60_000)

  test("the guide's application compiles unchanged", async () => {
    const guide = await Bun.file(join(import.meta.dir, '../../../docs/browser.md')).text()
    const fileOf = (name: string) => {
      const block = guide.split('```').find((text) => text.includes(`// ${name}\n`))!
      return block.slice(block.indexOf('\n')).replaceAll(/^ {3}/gm, '')
    }
    await Bun.write(join(folder(19), 'src/guide/app.tsx'), fileOf('src/App.tsx'))
    await run(folder(19), 'node', TSC[19], '-p', '.')
    await Bun.write(join(root, 'vite.config.ts'), fileOf('vite.config.ts'))
    const flags = [
      '--strict',
      '--skipLibCheck',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--types',
      'node',
    ]
    await run(root, 'node', TSC[19], ...flags, 'vite.config.ts')
  }, 60_000)

  test('the types at /sdk/types/ describe /sdk/cti.js and /sdk/react.js completely', async () => {
    const index = await (await fetch(`${server.url}/sdk/types/`)).text()
    const paths = [...index.matchAll(/href="\/sdk\/types\/([^"]+)"/g)].map(([, path]) => path!)
    const target = join(folder(19), 'cti-types')
    for (const path of new Set(paths))
      await Bun.write(join(target, path), await (await fetch(`${server.url}/sdk/types/${path}`)).text())
    for (const module of ['cti', 'react']) {
      const header = (await fetch(`${server.url}/sdk/${module}.js`)).headers.get('x-typescript-types')
      expect([header, paths.includes(`${module}.d.ts`)]).toEqual([`/sdk/types/${module}.d.ts`, true])
    }
    await Bun.write(
      join(target, 'page.ts'),
      `import { createElement, createRoot, useState, CtiClient, CtiProvider, DialpadCTI } from 'https://cti.example.com/sdk/react.js'
import { DialpadService } from 'https://cti.example.com/sdk/cti.js'
new DialpadService().on('call_ringing', ({ external_number, handled_here }) => console.log(external_number, handled_here))
function Page() {
  const [name, setName] = useState('')
  const client = new CtiClient({ token: name })
  const telephone = createElement(DialpadCTI, { clientId: 'id', onIncomingCall: (call) => setName(call.customer?.id ?? '') })
  return createElement(CtiProvider, { client, children: telephone })
}
createRoot(document.body).render(createElement(Page))
`,
    )
    const { compilerOptions } = await Bun.file(join(folder(19), 'tsconfig.json')).json()
    const mapping = { 'https://cti.example.com/sdk/*.js': ['./*.d.ts'] }
    const config = { compilerOptions: { ...compilerOptions, paths: mapping }, files: ['page.ts'] }
    await Bun.write(join(target, 'tsconfig.json'), JSON.stringify(config))
    await run(target, 'node', TSC[19], '-p', '.')
  }, 60_000)

  test('the React kit without React takes at most 50 kB, its client included', async () => {
    const built = await Bun.build({
      entrypoints: [join(folder(19), 'node_modules/cti-react/react.js')],
      external: ['react', 'react/jsx-runtime'],
      minify: true,
    })
    expect(Bun.gzipSync(await built.outputs[0]!.arrayBuffer()).length).toBeLessThanOrEqual(50_000)
  })
})
