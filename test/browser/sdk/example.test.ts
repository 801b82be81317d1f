import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { expectAccessible } from '../../support/axe'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { miniDialerFrame, press, startMiniDialer } from '../../support/mini-dialer'
import { startStopwatch } from '../../support/stopwatch'
import { until } from '../../support/until'

describeInBrowser('the example page with the whole server', (browser) => {
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let server: BrowserServer
  let app: { app_id: string; api_key: string }
  let context: BrowserContext
  const placed: { phone_number: string; custom_data?: string }[] = []

  beforeAll(async () => {
    dialer = await startMiniDialer((call) => placed.push(call))
    server = await startBrowserServer({ DIALPAD_BASE_URL: dialer.origin, DIALPAD_CTI_CLIENT_ID: 'client-logged-in' })
    app = await server.createApp('Field service')
    await server.know(app.app_id, {
      customers: [
        {
          external_id: 'c-1',
          name: 'Grace <img src=x onerror="window.hacked=1"> Hopper',
          phone: '+15557654321',
          url: 'https://crm.example.com/c-1',
        },
        { external_id: 'c-2', name: 'Script Kiddie', phone: '+15557650000', url: 'javascript:window.hacked=1' },
      ],
    })
  })
  afterAll(async () => {
    await server?.stop()
    await dialer?.stop()
  })
  afterEach(async () => {
    await context.close()
    await server.hangUpAll()
  })

  async function open(options: { colorScheme?: 'light' | 'dark' } = {}): Promise<{ page: Page; problems: string[] }> {
    context = await browser().newContext(options)
    const watched = await watchedPage(context)
    await connect(watched.page)
    return watched
  }

  async function connect(page: Page): Promise<void> {
    await page.goto(`${server.url}/sdk/example`)
    await page.getByLabel('Client token or API key').fill(app.api_key)
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.getByText('Jobs today').waitFor()
    await miniDialerFrame(page)
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Live'))
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Logged in'))
  }

  const panel = (page: Page) => page.locator('.cti-panel[data-open=true]')

  test('shows an incoming call with its customer within a second of the signed webhook, then answered and ended', async () => {
    const { page, problems } = await open()
    const call = { call_id: 4_000_000_000_000_001, at: Date.now() }
    const elapsedMs = startStopwatch()
    await server.deliver(callEvent('ringing', call))
    await panel(page).locator('.cti-card-name', { hasText: 'Grace' }).waitFor()
    expect(elapsedMs()).toBeLessThan(1000)
    expect(await panel(page).locator('.cti-card-name').textContent()).toBe(
      'Grace <img src=x onerror="window.hacked=1"> Hopper',
    )
    const record = panel(page).getByRole('link', { name: 'Open the record' })
    expect(await record.getAttribute('href')).toBe('https://crm.example.com/c-1')
    expect(await page.locator('.cti-dock > [role=alert]').textContent()).toContain('Incoming call from Grace')

    await server.deliver(callEvent('connected', { ...call, at: call.at + 10 }, { date_connected: call.at + 10 }))
    await panel(page).locator('.cti-card[data-status=active]').waitFor()
    await server.deliver(
      callEvent('hangup', { ...call, at: call.at + 20 }, { date_connected: call.at + 10, date_ended: call.at + 20 }),
    )
    await panel(page).locator('.cti-card[data-status=ended]').waitFor()
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(problems).toEqual([])
  })

  test('merges the reports of the Mini Dialer and the webhook about one call', async () => {
    const { page, problems } = await open()
    const id = 4_000_000_000_000_002
    await press(page, 'ring', id, '+15557654321', { id: 1, type: 'local', name: 'Somebody' })
    // The webhook has not come yet: the name is the directory's.
    await panel(page).locator('.cti-card-name', { hasText: 'Grace' }).waitFor()
    await server.deliver(callEvent('ringing', { call_id: id, at: Date.now() }))
    await page.locator('ul[aria-label=Calls] li[data-status=ringing]').waitFor()
    expect(await panel(page).locator('.cti-card[data-status=ringing]').count()).toBe(1)
    await server.deliver(callEvent('connected', { call_id: id, at: Date.now() }))
    await press(page, 'stopRinging', id)
    await panel(page).locator('.cti-card[data-status=active]').waitFor()
    await server.deliver(callEvent('hangup', { call_id: id, at: Date.now() }))
    await panel(page).locator('.cti-card[data-status=ended]').first().waitFor()
    expect(problems).toEqual([])
  })

  test('places a call by a click, follows it, and its record carries job and customer', async () => {
    const { page, problems } = await open()
    await page.getByLabel('Phone number').fill('(555) 765-4321')
    await page.getByLabel('Customer id').fill('c-1')
    await page.getByLabel('Job id').fill('1001')
    await page.getByRole('button', { name: 'Call (555) 765-4321' }).click()
    await page.locator('.cti-button[data-state=calling]').waitFor()
    await until('the Mini Dialer to place the call', () => placed.length > 0)
    expect(placed.at(-1)?.phone_number).toBe('+15557654321')
    const custom_data = placed.at(-1)?.custom_data
    const call = {
      call_id: 4_000_000_000_000_003,
      at: Date.now(),
      direction: 'outbound' as const,
      ...(custom_data && { custom_data }),
    }
    await server.deliver(callEvent('calling', call))
    await page.locator('.cti-button[data-state=ringing]').waitFor()
    await server.deliver(callEvent('connected', { ...call, at: call.at + 10 }, { date_connected: call.at + 10 }))
    await page.locator('.cti-button[data-state=active]', { hasText: 'On call' }).waitFor()
    await server.deliver(callEvent('hangup', { ...call, at: call.at + 20 }, { date_ended: call.at + 20 }))
    await page.locator('.cti-button[data-state=ended]').waitFor()
    await page.locator('.cti-button[data-state=idle]').first().waitFor()

    const { calls } = await server.call<{ calls: { dialpad_call_id: number; customer_id: string; job_id: string }[] }>(
      'GET',
      '/api/calls?job_id=1001',
      undefined,
      app.api_key,
    )
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({ dialpad_call_id: call.call_id, customer_id: 'c-1', job_id: '1001' })
    expect(problems).toEqual([])
  })

  test('reports why a call cannot be placed', async () => {
    const { page } = await open()
    await page.getByLabel('Phone number').fill('<script>alert(1)</script>')
    await page.getByRole('button', { name: /^Call <script>/ }).click()
    await page.getByText('Invalid phone number').waitFor()
    await press(page, 'logout')
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Not logged in'))
    await page.getByLabel('Phone number').fill('5551234567')
    await page.getByRole('button', { name: 'Call (555) 123-4567' }).click()
    await page.getByText('No user is logged in to Dialpad').waitFor()
  })

  test('never runs a script in a record link', async () => {
    const { page } = await open()
    const call = { call_id: 4_000_000_000_000_004, at: Date.now(), external_number: '+15557650000' }
    await server.deliver(callEvent('ringing', call))
    await panel(page).locator('.cti-card-name', { hasText: 'Script Kiddie' }).waitFor()
    expect(await panel(page).locator('.cti-card', { hasText: 'Script Kiddie' }).getByRole('link').count()).toBe(0)
    await server.deliver(callEvent('hangup', { ...call, at: call.at + 10 }))
    await panel(page).locator('.cti-card[data-status=missed]', { hasText: 'Script Kiddie' }).waitFor()
  })

  test('catches up when the server was unavailable: a call that ended meanwhile is shown as ended', async () => {
    const { page } = await open()
    const call = { call_id: 4_000_000_000_000_005, at: Date.now() }
    await server.deliver(callEvent('ringing', call))
    const row = page.locator('ul[aria-label=Calls] li').first()
    await page.locator('ul[aria-label=Calls] li[data-status=ringing]').first().waitFor()
    await server.restart(async () => {
      await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Reconnecting'))
    })
    await server.deliver(callEvent('hangup', { ...call, at: call.at + 10 }, { date_ended: call.at + 10 }))
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Live'))
    await page.waitForFunction(
      () => document.querySelector('ul[aria-label=Calls] li')?.getAttribute('data-status') === 'missed',
    )
    expect(await row.getAttribute('data-status')).toBe('missed')
  }, 60_000)

  test('reconnects after an hour of sleep, and reports each call once', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await page.clock.install()
    let sockets = 0
    page.on('websocket', () => sockets++)
    await connect(page)
    const before = sockets
    await page.clock.fastForward('01:00:00')
    await until('a second connection', () => sockets > before)
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Live'))
    const call = { call_id: 4_000_000_000_000_006, at: Date.now() }
    await server.deliver(callEvent('ringing', call))
    await panel(page).locator('.cti-card[data-status=ringing]').waitFor()
    expect(await page.locator('ul[aria-label=Calls] li', { hasText: 'Grace' }).count()).toBe(1)
  })

  test('opens in one of the person’s tabs; the others show the call without opening', async () => {
    context = await browser().newContext()
    const tabs = [(await watchedPage(context)).page, (await watchedPage(context)).page]
    for (const tab of tabs) {
      await tab.clock.install()
      await connect(tab)
    }
    await server.deliver(callEvent('ringing', { call_id: 4_000_000_000_000_007, at: Date.now() }))
    for (const tab of tabs) await tab.locator('.cti-launcher[data-ringing=true]', { hasText: 'Grace' }).waitFor()
    const openTabs = async () => (await Promise.all(tabs.map((tab) => panel(tab).count()))).reduce((sum, n) => sum + n)
    await until('one tab to open', async () => (await openTabs()) > 0)
    // Every head start of a claim is over after a second: the other tab has asked for the lock by then.
    for (const tab of tabs) await tab.clock.runFor(1000)
    expect(await openTabs()).toBe(1)
  })

  test('works by keyboard: opens with Enter, closes with Escape, and gives the focus back', async () => {
    const { page } = await open()
    const launcher = page.locator('.cti-launcher')
    await launcher.focus()
    await page.keyboard.press('Enter')
    await panel(page).waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.cti-panel[data-open=false]').waitFor({ state: 'attached' })
    expect(await launcher.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  test.each(['light', 'dark'] as const)('is accessible, %s', async (colorScheme) => {
    const { page } = await open({ colorScheme })
    await page.locator('.cti-launcher').click()
    await panel(page).waitFor()
    await expectAccessible(page)
  })
})
