import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { describeInBrowser } from '../../support/browser'
import { type BrowserServer, startBrowserServer } from '../../support/browser-server'
import { login, loginByForm } from '../../support/console'
import { fillConsole } from '../../support/console-data'

/** A bad telephone line and an old computer that has nothing of ours yet: 400 kbit/s, a processor four times slower. */
async function slowDown(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  await devtools.send('Network.clearBrowserCache')
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 50,
    downloadThroughput: 400_000 / 8,
    uploadThroughput: 400_000 / 8,
  })
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
}

const firstContentMs = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) =>
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0]
          if (paint) resolve(paint.startTime)
        }).observe({ type: 'paint', buffered: true }),
      ),
  )

describeInBrowser('the console on a slow line', (browser) => {
  let server: BrowserServer
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer()
    await fillConsole(server)
    // The bundle is made on the first request when the server runs from source.
    await fetch(`${server.url}/console`)
  }, 60_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  test('shows its login within 2.5 s, and loads nothing of the console for it', async () => {
    context = await browser().newContext()
    const page = await context.newPage()
    const loaded: string[] = []
    page.on('response', (response) => loaded.push(new URL(response.url()).pathname))
    await slowDown(context, page)
    await page.goto(`${server.url}/console/calls`)
    expect(await firstContentMs(page)).toBeLessThan(2500)
    await page.getByLabel('Admin secret').waitFor()
    const files = loaded.filter((path) => path.startsWith('/console/assets/'))
    expect(files.map((path) => path.replace(/-[0-9a-z]{8}\./, '.')).sort()).toEqual(
      expect.arrayContaining(['/console/assets/login.css', '/console/assets/login.js']),
    )
    expect(files.some((path) => path.includes('/main-'))).toBe(false)
    let bytes = 0
    for (const path of files) bytes += (await (await fetch(server.url + path)).arrayBuffer()).byteLength
    expect(bytes).toBeLessThan(20_000)
  }, 60_000)

  test('shows its first content within 2.5 s to an operator', async () => {
    context = await browser().newContext()
    const page = await context.newPage()
    await login(server, page)
    const fresh = await context.newPage()
    await slowDown(context, fresh)
    await fresh.goto(`${server.url}/console/calls`, { waitUntil: 'commit' })
    expect(await firstContentMs(fresh)).toBeLessThan(2500)
    fresh.setDefaultTimeout(30_000)
    await fresh.locator('.row-link').first().waitFor()
  }, 60_000)

  test('caches every file forever, because its name changes with its content; the first page needs less than 150 kB', async () => {
    context = await browser().newContext()
    const page = await context.newPage()
    const files = new Set<string>()
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/console/assets/')) files.add(pathname)
    })
    await loginByForm(server, page, 'calls')
    await page.locator('.row-link').first().waitFor()
    let bytes = 0
    for (const path of files) {
      const answer = await fetch(server.url + path, { headers: { 'accept-encoding': 'gzip' }, decompress: false })
      expect([path, answer.headers.get('cache-control')]).toEqual([path, 'public, max-age=31536000, immutable'])
      bytes += (await answer.arrayBuffer()).byteLength
    }
    expect(bytes).toBeLessThan(150_000)
    expect((await fetch(`${server.url}/console`)).headers.get('cache-control')).toBe('no-cache')
  }, 60_000)
})
