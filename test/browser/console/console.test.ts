import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expectNoFindings, expectNoFindingsInBothSchemes } from '../../support/axe'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { login, loginByForm, openConsole, turnTo } from '../../support/console'
import { fillConsole } from '../../support/console-data'
import { until } from '../../support/until'

const PAGES = [
  '',
  'calls',
  'messages',
  'voicemails',
  'customers',
  'users',
  'apps',
  'dialpad',
  'events',
  'system',
  'overview',
  'endpoints',
]

describeInBrowser('the console on a fresh server', (browser) => {
  let server: BrowserServer
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer()
  })
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  test('guides through the first call: an app, its key shown once, a simulated call that rings, talks, holds, and ends', async () => {
    context = await browser().newContext()
    const { page, problems } = await watchedPage(context)
    await loginByForm(server, page)
    await page.getByRole('heading', { name: 'Create an app' }).waitFor()
    await expectNoFindings(page)
    await page.getByLabel('Name of the app').fill('My <i>CRM</i>')
    await page.getByRole('button', { name: 'Create the app' }).click()
    const key = (await page.getByRole('dialog').locator('code').first().textContent())!
    expect(key).toMatch(/^raw_[0-9a-f]{64}$/)
    await expectNoFindings(page)
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('My <i>CRM</i> is ready').waitFor()
    await page.getByRole('listitem').getByRole('button', { name: 'Send a simulated call' }).click()
    for (const status of ['ringing', 'active', 'held', 'active'])
      await page.locator(`.call-card[data-status=${status}]`, { hasText: 'Casey Customer' }).waitFor()
    await page.getByRole('link', { name: 'Casey Customer' }).waitFor()
    expect(await page.locator('.call-card').count()).toBe(0)
    await page.getByRole('link', { name: 'Casey Customer' }).click()
    await page.getByRole('heading', { name: 'Casey Customer' }).waitFor()
    expect(await page.locator('.track').getAttribute('aria-label')).toMatch(/Ringing .*Talking .*On hold .*Talking/)
    expect(await page.content()).not.toContain(key)
    expect(problems).toEqual([])
  }, 60_000)
})

describeInBrowser('the console with a day of telephony', (browser) => {
  let server: BrowserServer
  let app: { app_id: string; api_key: string }
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer()
    app = await fillConsole(server)
  }, 60_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  async function open(path = '', options: BrowserContextOptions = {}) {
    const opened = await openConsole(browser(), server, path, options)
    context = opened.context
    return opened
  }
  /** Shows one page after the other. @param page shows the last of them. */
  async function onEveryPage(page: Page, look: (path: string) => Promise<void>): Promise<void> {
    const headings = new Set<string>()
    for (const path of PAGES) {
      headings.add(await turnTo(page, path))
      await look(path)
    }
    expect(headings.size).toBe(PAGES.length)
  }

  test('every page is accessible in light and in dark, makes no outside request and breaks no policy', async () => {
    const { page, problems } = await open(PAGES.at(-1))
    // The console of the browser lists each of them as an error.
    page.on('response', (answer) => answer.status() >= 400 && problems.push(`${answer.status()} ${answer.url()}`))
    await onEveryPage(page, () => expectNoFindingsInBothSchemes(page))
    await turnTo(page, 'calls')
    await page.locator('.row-link').first().click()
    await page.locator('.timeline').waitFor()
    await expectNoFindingsInBothSchemes(page)
    expect(problems).toEqual([])
  }, 120_000)

  test('no page is wider than a phone', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
    const { page } = await open(PAGES.at(-1), phone)
    await onEveryPage(page, async (path) =>
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 360]),
    )
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Customers' }).click()
    await page.getByRole('heading', { name: 'Customers' }).waitFor()
    await expectNoFindings(page)
  }, 60_000)

  test('shows calls in progress, and follows them', async () => {
    const { page } = await open()
    for (const status of ['ringing', 'active', 'held'])
      await page.locator(`.call-card[data-status=${status}]`).first().waitFor()
  })

  test('rotates a key, shows the new one once, writes both to the history, and the old one ends', async () => {
    const { page } = await open('apps')
    await page.getByRole('button', { name: 'Rotate the key' }).click()
    await page.getByRole('button', { name: 'Create a new key' }).click()
    const key = (await page.getByRole('dialog').locator('code').first().textContent())!
    const status = async (apiKey: string) =>
      (await fetch(`${server.url}/api/calls/active`, { headers: { 'x-app-api-key': apiKey } })).status
    expect(await status(key)).toBe(200)
    expect(await status(app.api_key)).toBe(401)
    app.api_key = key
    await page.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('History of the key').click()
    await page.getByRole('cell', { name: 'rotated' }).waitFor()
    expect(await page.getByRole('cell', { name: 'console' }).count()).toBeGreaterThan(0)
    expect(await page.content()).not.toContain(key)
  })

  test('shows names that are HTML as text', async () => {
    const { page } = await open('customers')
    expect(await page.locator('table').textContent()).toContain('<b>Robert</b>"); DROP TABLE calls;--')
    expect(await page.locator('table b').count()).toBe(0)
  })

  test('maps a user that was seen on calls, and removes the mapping again, which can be undone', async () => {
    const { page } = await open('users')
    const suggestion = page.getByRole('group', { name: 'Suggestions' }).getByRole('row').filter({ hasText: '5001' })
    await suggestion.getByRole('textbox').fill('bob')
    await suggestion.getByRole('button', { name: 'Map' }).click()
    const mapping = page.getByRole('group', { name: 'Mappings' }).getByRole('row').filter({ hasText: '5001' })
    await mapping.getByText('bob').waitFor()
    await mapping.getByRole('button', { name: 'Remove' }).click()
    await mapping.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await mapping.getByText('bob').waitFor()
    await mapping.getByRole('button', { name: 'Remove' }).click()
    await mapping.waitFor({ state: 'detached' })
  })

  test('deletes an app only when its name was typed', async () => {
    const doomed = await server.createApp('Doomed')
    const { page } = await open('apps')
    const panel = page.getByRole('region', { name: 'Doomed' })
    await panel.getByRole('button', { name: 'Delete' }).click()
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete permanently' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel('Type “Doomed” to confirm').fill('Doomed')
    await confirm.click()
    await panel.waitFor({ state: 'detached' })
    const { apps } = await server.call<{ apps: { app_id: string }[] }>('GET', '/internal/apps')
    expect(apps.map(({ app_id }) => app_id)).not.toContain(doomed.app_id)
  })

  test('shows an event with its payload', async () => {
    const { page } = await open('events')
    await page.locator('tbody .link').first().click()
    await page.getByRole('dialog').getByText('"event_timestamp"').waitFor()
    await expectNoFindings(page)
  })

  test('plots the load of the last hour and of the last day, as the server kept it', async () => {
    const { page } = await open('system')
    await page.locator('canvas').first().waitFor()
    await page.getByText(/^at most .*\/s and .*\/s$/).waitFor()
    await page.getByLabel('Load of the last').selectOption('day')
    await page.waitForFunction(() =>
      /at most 1?[0-9.]+\/s/.test(document.querySelector('.plot strong')?.textContent ?? ''),
    )
    expect(new URL(page.url()).searchParams.get('range')).toBe('day')
    const secret = page.getByRole('row').filter({ hasText: 'INTERNAL_API_SECRET' })
    expect(await secret.textContent()).toContain('••••')
    expect(await page.content()).not.toContain(server.adminSecret)
  })

  test('shows the login again when the session is over, and an error with what to do when the server is unreachable', async () => {
    const { page } = await open('events')
    await context.setOffline(true)
    await page.getByRole('button', { name: 'Log out' }).scrollIntoViewIfNeeded()
    await page.getByRole('combobox', { name: 'Status' }).selectOption('failed')
    await page.getByText('The server cannot be reached').first().waitFor()
    await context.setOffline(false)
    await page.getByText('The server cannot be reached').first().waitFor({ state: 'detached' })
    await context.clearCookies()
    await page.goto(`${server.url}/console/apps`)
    await page.getByLabel('Admin secret').waitFor()
    await expectNoFindings(page)
  })
})

describeInBrowser('the console and events of no app', (browser) => {
  let server: BrowserServer
  beforeAll(async () => {
    server = await startBrowserServer()
  })
  afterAll(() => server?.stop())

  test('assigns an unrouted event to an app and replays it: its call is recorded', async () => {
    const first = await server.createApp('First')
    await server.createApp('Second')
    await server.deliver(callEvent('ringing', { call_id: 4_600_000_000_000_001, at: Date.now() }))
    const context = await browser().newContext()
    const { page } = await watchedPage(context)
    await login(server, page)
    await page.goto(`${server.url}/console/events?status=unrouted`)
    await page.locator('tbody .link').first().click()
    await page.getByLabel('Assign it to the app').selectOption('First')
    await page.getByRole('button', { name: 'Replay' }).click()
    await page.getByText('No events match these filters').waitFor()
    await until('the call to be recorded', async () => {
      const { calls } = await server.call<{ calls: unknown[] }>('GET', '/api/calls', undefined, first.api_key)
      return calls.length === 1
    })
    await context.close()
  })
})
