import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { addConversations, login, settled } from '../../support/console'
import { fillConsole } from '../../support/console-data'
import { createSkippableTime } from '../../support/skippable-time'
import { until } from '../../support/until'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describeInBrowser('the console when something goes wrong', (browser) => {
  const time = createSkippableTime()
  let server: BrowserServer
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer({}, time.clock)
    const { app_id } = await fillConsole(server)
    await addConversations(server, app_id, 300)
  }, 60_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  const rowInSight = (page: Page) =>
    page.evaluate(() => {
      const row = [...document.querySelectorAll('tbody[data-index]')].find((row) => row.getBoundingClientRect().top > 0)
      return [row?.querySelector('.row-link')?.textContent, Math.round(row?.getBoundingClientRect().top ?? 0)]
    })

  test('when the server is unavailable for an hour, lists keep their position and recover by themselves, and so does a page opened meanwhile', async () => {
    context = await browser().newContext({ viewport: { width: 1280, height: 800 } })
    const { page, problems } = await watchedPage(context)
    await page.clock.install()
    await login(server, page, 'calls')
    await settled(page)
    await page.waitForFunction(() => {
      window.scrollBy(0, 2000)
      return Number.parseInt(document.querySelector('.list-foot [role=status]')?.textContent ?? '', 10) >= 300
    })
    await page.evaluate(() => window.scrollTo(0, 6000))
    await page.waitForFunction(
      () => Number(document.querySelector('tbody[data-index]')?.getAttribute('data-index')) > 50,
    )
    const second = await context.newPage()
    second.setDefaultTimeout(20_000)
    await second.clock.install()
    await second.goto(`${server.url}/console/calls`)
    await settled(second)
    const before = await rowInSight(page)
    const loads: string[] = []
    for (const tab of [page, second])
      tab.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()))

    await server.restart(async () => {
      await page.locator('.banners').getByText('The server cannot be reached').waitFor({ state: 'attached' })
      // The code of this page was not loaded yet.
      await second.getByRole('link', { name: 'Customers' }).click()
      await second.locator('.banners').getByText('The server cannot be reached').waitFor()
      time.skip(HOUR_MS)
      await page.clock.fastForward(HOUR_MS)
      await second.clock.fastForward(HOUR_MS)
      expect(await page.locator('.row-link').count()).toBeGreaterThan(10)
    })
    const outage = page.locator('.banners').getByText('The server cannot be reached')
    await until('the pages see the server again', async () => {
      await page.clock.fastForward(30_000)
      await second.clock.fastForward(30_000)
      return (await outage.count()) === 0
    })
    await second.getByRole('row').filter({ hasText: 'Alan Turing' }).first().waitFor()
    // The browser does not always scroll by the height of a banner that appeared above the list.
    const { y } = (await page.getByText(String(before[0]), { exact: true }).first().boundingBox())!
    expect(Math.abs(y - Number(before[1]))).toBeLessThan(100)
    await server.deliver(
      callEvent('ringing', {
        call_id: 4_820_000_000_000_001,
        at: time.clock(),
        external_number: '+15557770001',
        contact_name: 'Ida Back',
      }),
    )
    await page.getByRole('button', { name: '1 new' }).click()
    await page.locator('tbody[data-index="0"]', { hasText: 'Ida Back' }).waitFor()
    expect(loads).toEqual([])
    expect(problems).toEqual([])
  }, 90_000)

  test('when the code of a page no longer exists, the console reloads once; the other pages still work', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await login(server, page, 'calls')
    await settled(page)
    const customers = page.getByRole('row').filter({ hasText: 'Alan Turing' }).first()
    const code = new Set<string>()
    page.on('request', (request) => request.url().includes('/console/assets/') && code.add(request.url()))
    await page.getByRole('link', { name: 'Customers' }).click()
    await customers.waitFor()
    expect(code.size).toBeGreaterThan(0)

    const later = await context.newPage()
    await later.goto(`${server.url}/console/calls`)
    await settled(later)
    const loads: string[] = []
    later.on('request', (request) => request.isNavigationRequest() && loads.push(new URL(request.url()).pathname))
    await later.route(
      (url) => code.has(url.href),
      (route) => route.fulfill({ status: 404 }),
    )
    await later.getByRole('link', { name: 'Customers' }).click()
    await later.getByText('This page cannot be shown').waitFor()
    expect(loads).toEqual(['/console/customers'])
    await later.getByRole('link', { name: 'Calls', exact: true }).click()
    await later.locator('.row-link').first().waitFor()
    await later.unrouteAll()
    await later.getByRole('link', { name: 'Customers' }).click()
    await later.getByRole('button', { name: 'Load again' }).click()
    await later.getByRole('row').filter({ hasText: 'Alan Turing' }).first().waitFor()
    expect(loads).toEqual(['/console/customers', '/console/customers'])
  }, 60_000)

  test('a session revoked while a form is filled in keeps the input, and the form then works', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await login(server, page, 'users')
    await settled(page)
    await page.getByRole('textbox', { name: 'Dialpad user id' }).fill('778')
    await page.getByLabel('User id in your software').last().fill('rosa & co')
    const ended = await context.request.delete(`${server.url}/console/session`, { headers: { 'x-cti-console': '1' } })
    expect(ended.ok()).toBe(true)
    // The live stream ends with the session, so the page asks at once.
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
    await page.getByLabel('Admin secret').fill(server.adminSecret)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByText('reconnecting').waitFor({ state: 'detached' })
    expect(await page.getByLabel('User id in your software').last().inputValue()).toBe('rosa & co')
    await page.locator('form.filters').getByRole('button', { name: 'Map' }).click()
    await page.getByRole('cell', { name: 'rosa & co' }).waitFor()
  }, 60_000)

  test.each([
    ['ahead', DAY_MS],
    ['behind', -DAY_MS],
  ])(
    'a clock a day %s is named, and what is shown follows the clock of the server',
    async (side, offMs) => {
      const call = {
        call_id: 4_830_000_000_000_000 + offMs,
        at: Date.now(),
        external_number: `+1555777${offMs > 0 ? '1000' : '2000'}`,
        contact_name: `Clara ${side}`,
      }
      await server.deliver(callEvent('ringing', call))
      await server.deliver(callEvent('connected', { ...call, at: call.at + 1 }, { date_connected: call.at + 1 }))
      context = await browser().newContext()
      const { page, problems } = await watchedPage(context)
      await page.clock.install({ time: Date.now() + offMs })
      await login(server, page)
      await page.locator('.banners').getByText(`The clock of this computer is 24 hours ${side}`).waitFor()
      const card = page.locator('.call-card', { hasText: `Clara ${side}` })
      await card.locator('.timer', { hasText: /^0:[0-5]\d$/ }).waitFor()
      await page.getByRole('link', { name: 'Calls', exact: true }).click()
      await page.getByRole('combobox', { name: /^Date/ }).selectOption('Today')
      const row = page.getByRole('row').filter({ hasText: `Clara ${side}` })
      await row.locator('time', { hasText: 'Today' }).waitFor()
      expect(await page.locator('main').textContent()).not.toMatch(/Invalid|NaN/)
      expect(problems).toEqual([])
    },
    60_000,
  )
})
