import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expectNoFindings } from '../../support/axe'
import { describeInBrowser } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { openConsole, settled, show } from '../../support/console'
import { fillConsole } from '../../support/console-data'

describeInBrowser('the calls in the console', (browser) => {
  let server: BrowserServer
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer()
    await fillConsole(server)
  }, 60_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  async function open(path = 'calls', options: BrowserContextOptions = {}) {
    const opened = await openConsole(browser(), server, path, options)
    context = opened.context
    return opened.page
  }
  const names = (page: Page) => page.locator('.row-link').allTextContents()
  const rows = (page: Page, count: number) =>
    page.waitForFunction((count) => document.querySelectorAll('.row-link').length === count, count)

  test('are one row for each conversation, with its legs inside', async () => {
    const page = await open()
    const { conversations } = await server.call<{ conversations: { leg_count: number }[] }>(
      'GET',
      '/api/conversations',
      undefined,
      (await server.call<{ token: string }>('POST', `/internal/apps/${await appId()}/tokens`, {})).token,
    )
    await rows(page, conversations.length)
    expect(conversations.some(({ leg_count }) => leg_count === 3)).toBe(true)
    await page.getByRole('button', { name: '3 legs' }).click()
    await page.locator('.legs li').nth(2).waitFor()
    expect(await page.locator('.legs li').count()).toBe(3)
    await expectNoFindings(page)
    await page.getByRole('button', { name: '3 legs' }).click()
    await page.locator('.legs').waitFor({ state: 'detached' })
  })
  const appId = async () => (await server.call<{ apps: { app_id: string }[] }>('GET', '/internal/apps')).apps[0]!.app_id

  test('are found by a part of a name or number while typing; the focus and the count stay with the reader', async () => {
    const page = await open()
    const search = page.getByRole('searchbox', { name: 'Search' })
    await search.pressSequentially('turi')
    await rows(page, 1)
    expect(await names(page)).toEqual(['Alan Turing'])
    expect(await search.evaluate((field) => field === document.activeElement)).toBe(true)
    expect(await page.locator('.list-foot [role=status]').textContent()).toContain('1 of 1 row')
    await search.fill('0795')
    await rows(page, 0)
    await page.getByText('No calls match these filters').waitFor()
    await search.fill('946 09')
    await rows(page, 1)
    expect(await names(page)).toEqual(['Alan Turing'])
    expect(new URL(page.url()).searchParams.get('q')).toBe('946 09')
  })

  test('of a period are found by presets and days, in the time zone that is named', async () => {
    const page = await open('calls', { timezoneId: 'Asia/Tokyo' })
    const all = (await names(page)).length
    const dates = page.getByLabel('Date (Asia/Tokyo)')
    await dates.selectOption('Last 7 days')
    await rows(page, all)
    await dates.selectOption('From … to …')
    await page.getByLabel('Last day').fill('2020-01-01')
    await page.getByText('No calls match these filters').waitFor()
    await page.reload()
    await settled(page)
    expect(await page.getByLabel('Last day').inputValue()).toBe('2020-01-01')
    const title = await (async () => {
      await page.getByRole('button', { name: 'Clear the filters' }).click()
      await rows(page, all)
      return page.locator('tbody time').first().getAttribute('title')
    })()
    expect(title).toMatch(/\d{2}:\d{2}:\d{2}.*\(Asia\/Tokyo\)$/)
    await show(server, page, 'calls?range=custom&since=2026-99-99&until=yesterday&sort=-started_at')
    await rows(page, all)
  })

  test('sort by their headers; Back, a reload and a shared link show the same', async () => {
    const page = await open()
    const newest = await names(page)
    await page.getByRole('button', { name: 'Started' }).click()
    const showsFirst = (names: string[]) =>
      page.waitForFunction(
        (names) => [...document.querySelectorAll('.row-link')].every((link, at) => link.textContent === names[at]),
        names,
      )
    await showsFirst([...newest].reverse())
    const oldest = await names(page)
    expect(oldest).toEqual([...newest].reverse())
    expect(await page.getByRole('columnheader', { name: 'Started' }).getAttribute('aria-sort')).toBe('ascending')
    await page.reload()
    await settled(page)
    expect(await names(page)).toEqual(oldest)
    const other = await context.newPage()
    await other.goto(page.url())
    await settled(other)
    expect(await names(other)).toEqual(oldest)
    await other.close()
    await page.goBack()
    await showsFirst(newest)
    await page.getByRole('link', { name: 'Alan Turing' }).click()
    await page.getByRole('heading', { name: 'Alan Turing' }).waitFor()
    await page.goBack()
    await rows(page, newest.length)
  })

  test('show the columns that were chosen, also after a reload', async () => {
    const page = await open()
    await page.getByText('Columns', { exact: true }).click()
    await page.getByRole('checkbox', { name: 'Job' }).check()
    await page.getByRole('checkbox', { name: 'Waited' }).uncheck()
    await page.keyboard.press('Escape')
    expect(await page.getByRole('checkbox', { name: 'Job' }).isVisible()).toBe(false)
    await page.reload()
    await settled(page)
    const heads = await page.getByRole('columnheader').allTextContents()
    expect(heads).toContain('Job')
    expect(heads).not.toContain('Waited')
    await page.locator('tbody code', { hasText: '1001' }).waitFor()
  })

  test('keep filters under a name; removing one can be undone', async () => {
    const page = await open('calls?status=missed&q=Johnson')
    await rows(page, 1)
    await page.getByText('Saved filters').click()
    await page.getByLabel('Name for these filters').fill('Missed')
    await page.getByRole('button', { name: 'Save' }).click()
    await show(server, page, 'calls')
    await page.getByText('Saved filters').click()
    await page.getByRole('link', { name: 'Missed' }).click()
    await rows(page, 1)
    expect(new URL(page.url()).searchParams.get('status')).toBe('missed')
    await page.getByText('Saved filters').click()
    await page.getByRole('button', { name: 'Remove Missed' }).click()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('link', { name: 'Missed' }).waitFor()
  })

  test('are exported as they are filtered', async () => {
    const page = await open('calls?q=Turing')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export CSV' }).click()
    const lines = readFileSync((await (await download).path())!, 'utf8')
      .trim()
      .split('\r\n')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('+442079460958')
  })

  test('copy their number to the clipboard', async () => {
    const page = await open('calls?q=Turing')
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: /^Copy the number/ }).click()
    await page.getByRole('button', { name: /^Copied the number/ }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('+442079460958')
  })

  test('appear and change by themselves, and a new call is announced', async () => {
    const page = await open()
    const before = (await names(page)).length
    const call = { call_id: 4_700_000_000_000_001, at: Date.now(), contact_name: 'Mary Seacole' }
    const number = { ...call, external_number: '+15558880001' }
    await server.deliver(callEvent('ringing', number))
    await rows(page, before + 1)
    await page
      .locator('[data-announcer=calls]', { hasText: 'New call from Mary Seacole' })
      .waitFor({ state: 'attached' })
    await server.deliver(callEvent('hangup', { ...number, at: Date.now() + 2000 }, { date_ended: Date.now() + 2000 }))
    await page.locator('tbody').first().getByText('Missed').waitFor()
  })

  test("show one conversation in plain words, without Dialpad's codes and without a finding of axe", async () => {
    const page = await open('calls?q=Hedy')
    await page.locator('.row-link').click()
    await page.getByRole('heading', { name: /^Hedy Lamarr/ }).waitFor()
    expect(await page.locator('.track').getAttribute('aria-label')).toMatch(/^Ringing .*Talking .*On hold .*Talking/)
    // Without a Dialpad account the telephone of the computer dials.
    expect(await page.getByRole('link', { name: 'Call back' }).getAttribute('href')).toMatch(/^tel:\+\d+$/)
    expect(await page.locator('main').textContent()).not.toMatch(/\b(hangup|preanswer|takeover|null|undefined)\b/)
    await expectNoFindings(page)
  })

  test('of one conversation show its recap and transcript, as text', async () => {
    const call = { call_id: 4_700_000_000_000_002, at: Date.now() - 3_600_000, external_number: '+15558880002' }
    const connected = { date_connected: call.at + 1000 }
    await server.deliver(callEvent('connected', { ...call, at: call.at + 1000 }, connected))
    const ended = { ...connected, date_ended: call.at + 90_000, talk_time: 89_000, hold_time: 20_000 }
    await server.deliver(callEvent('hangup', { ...call, at: call.at + 90_000 }, ended))
    const said = 'Avery: Hello.\nCaller: <b>My boiler</b> is cold.'
    await server.deliver(
      callEvent('call_transcription', { ...call, at: call.at + 95_000 }, { ...ended, transcription_text: said }),
    )
    const recap = { recap_summary: 'The boiler is cold.', recap_action_items: ['Send a technician', 'Call on Monday'] }
    await server.deliver(callEvent('recap_summary', { ...call, at: call.at + 99_000 }, { ...ended, ...recap }))
    const page = await open('calls?number=%2B15558880002')
    await page.locator('.row-link').click()
    const shown = page.getByRole('region', { name: 'Recap' })
    await shown.getByText('The boiler is cold.').waitFor()
    expect(await shown.getByRole('listitem').allTextContents()).toEqual(['Send a technician', 'Call on Monday'])
    await shown.getByText('Transcript').click()
    expect(await shown.locator('.transcript').textContent()).toBe(said)
    expect(await page.locator('.tiles > div', { hasText: 'On hold' }).locator('dd').textContent()).toBe('0:20')
    await expectNoFindings(page)
  })
})
