import { afterAll, beforeAll, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { describeInBrowser, watchedPage } from '../support/browser'
import { ADMIN_SECRET, startTestServer, type TestServer } from '../support/server'

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete'])

describeInBrowser('GET /swagger', (browser) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(await freshUrl.sqlite())
  })
  afterAll(() => server.stop())

  test('a newcomer makes an app and reads its calls with the page alone; no request leaves the server', async () => {
    const { page, problems } = await watchedPage(await browser().newContext())
    // Each keystroke renders every operation again: a hundred that nobody looks at cost ten seconds.
    await page.route('**/swagger/json', async (route) => {
      const document = (await (await route.fetch()).json()) as { paths: Record<string, object> }
      const { '/internal/apps': apps, '/api/calls': calls } = document.paths
      await route.fulfill({ json: { ...document, paths: { '/internal/apps': apps, '/api/calls': calls } } })
    })
    await page.goto(`${server.url}/swagger`)
    const authorize = async (scheme: string, value: string) => {
      await page.locator('.auth-wrapper .authorize').first().click()
      const box = page.locator('.auth-container', { has: page.getByText(scheme, { exact: false }).first() })
      await box.locator('input').first().fill(value)
      await box.getByRole('button', { name: 'Apply credentials' }).click()
      await page.getByRole('button', { name: 'Close' }).last().click()
    }
    const execute = async (id: string) => {
      const operation = page.locator(`[id$="-${id}"]`)
      await operation.locator('.opblock-summary-control').click()
      await operation.getByRole('button', { name: 'Execute' }).click()
      const code = await operation.locator('.live-responses-table .response-col_status').last().textContent()
      const body = await operation.locator('.live-responses-table .highlight-code').first().textContent()
      return { status: Number.parseInt(code ?? '', 10), body: body ?? '' }
    }
    await page.locator('.information-container').waitFor()
    await authorize('adminSecret', ADMIN_SECRET)
    const made = await execute('createApp')
    expect(made.status).toBe(201)
    const key = /raw_[0-9a-f]{64}/.exec(made.body)![0]
    await authorize('appApiKey', key)
    const listed = await execute('listCalls')
    expect([listed.status, listed.body]).toEqual([200, expect.stringContaining('"calls": []')])
    expect(problems).toEqual([])
  })

  test('every operation of the server is on the page', async () => {
    const { page, problems } = await watchedPage(await browser().newContext())
    const { paths } = (await server.request('GET', '/swagger/json')).body as { paths: Record<string, object> }
    const operations = Object.values(paths).flatMap((path) => Object.keys(path).filter((key) => METHODS.has(key)))
    await page.goto(`${server.url}/swagger`)
    // The page renders all operations at once, which takes long on a busy machine.
    await page.locator('.opblock').last().waitFor({ timeout: 25_000 })
    expect(await page.locator('.opblock').count()).toBe(operations.length)
    expect(problems).toEqual([])
  })

  test('its files are the server’s own, compressed and revalidated', async () => {
    const page = (await server.request('GET', '/swagger')).body as string
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      if (address!.startsWith('data:')) continue
      expect(address).toStartWith('/swagger/')
      const first = await server.request('GET', address!)
      expect(first.status).toBe(200)
      const etag = first.headers.get('etag')!
      expect((await server.request('GET', address!, { headers: { 'if-none-match': etag } })).status).toBe(304)
    }
    expect((await server.request('GET', '/swagger/none.js')).body.code).toBe('route_not_found')
  })
})
