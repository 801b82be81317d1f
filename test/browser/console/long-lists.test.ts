import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { addConversations, login, settled } from '../../support/console'
import { fillConsole } from '../../support/console-data'
import { addEvents } from '../../support/console-events'

const MANY = 10_000
const SCROLLED = 800
const EVENTS = 50_000

describeInBrowser('a list of ten thousand calls', (browser) => {
  let server: BrowserServer
  let context: BrowserContext
  let page: Page
  beforeAll(async () => {
    server = await startBrowserServer()
    const { app_id } = await fillConsole(server)
    await addConversations(server, app_id, MANY)
  }, 120_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  async function open() {
    context = await browser().newContext({ viewport: { width: 1280, height: 800 } })
    page = (await watchedPage(context)).page
    page.setDefaultTimeout(40_000)
    await login(server, page, 'calls')
    await settled(page)
  }
  const loaded = () => page.locator('.list-foot [role=status]').textContent()
  /** Scrolls until so many rows were loaded. */
  const scrollTo = (rows: number) =>
    page.waitForFunction((rows) => {
      window.scrollBy(0, 4000)
      const text = document.querySelector('.list-foot [role=status]')?.textContent ?? ''
      return Number(text.split(' ')[0]?.replaceAll(',', '')) >= rows
    }, rows)

  test('loads as it is scrolled, and renders only the rows in sight, smoothly', async () => {
    await open()
    expect(await loaded()).toContain('of 10,01')
    await scrollTo(SCROLLED)
    expect(await page.locator('.row-link').count()).toBeLessThan(80)
    const used = await cpuOfFrames(60)
    expect(used).toBeLessThan(33)
  }, 150_000)

  test('an event with a line of 4,000 characters keeps the buttons inside its dialog, at any width', async () => {
    const name = 'x'.repeat(4000)
    await server.deliver(callEvent('ringing', { call_id: 4_820_000_000_000_777, at: Date.now(), contact_name: name }))
    context = await browser().newContext()
    page = (await watchedPage(context)).page
    await login(server, page, 'events')
    await settled(page)
    await page.locator('tbody .link').first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(name).waitFor()
    for (const width of [1280, 820, 390]) {
      await page.setViewportSize({ width, height: 700 })
      const { x: left, width: wide } = (await dialog.boundingBox())!
      expect(left + wide).toBeLessThanOrEqual(width)
      for (const button of await dialog.getByRole('button').all()) {
        const box = (await button.boundingBox())!
        expect(box.x).toBeGreaterThanOrEqual(left)
        expect(box.x + box.width).toBeLessThanOrEqual(left + wide)
      }
    }
  }, 30_000)

  /** Scrolls up, two windows a frame. @returns what a frame needs of the processor, ms: a busy machine does not change it. */
  async function cpuOfFrames(frames: number): Promise<number> {
    const cdp = await context.newCDPSession(page)
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    const usedMs = async () => {
      const { metrics } = await cdp.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
    }
    const before = await usedMs()
    await page.evaluate(async (frames) => {
      for (let frame = 0; frame < frames; frame++) {
        window.scrollBy(0, -1500)
        await new Promise(requestAnimationFrame)
      }
    }, frames)
    return ((await usedMs()) - before) / frames
  }

  test('keeps the scroll position when a call arrives, and goes to it on request', async () => {
    await open()
    await scrollTo(300)
    await page.evaluate(() => window.scrollTo(0, 6000))
    await page.waitForFunction(
      () => Number(document.querySelector('tbody[data-index]')?.getAttribute('data-index')) > 50,
    )
    const inSight = () =>
      page.evaluate(() => {
        const row = [...document.querySelectorAll('tbody[data-index]')].find(
          (row) => row.getBoundingClientRect().top > 0,
        )
        return [row?.textContent, Math.round(row?.getBoundingClientRect().top ?? 0)]
      })
    const before = await inSight()
    await server.deliver(callEvent('ringing', { call_id: 4_800_000_000_000_001, at: Date.now(), contact_name: 'Ida' }))
    await page.getByRole('button', { name: '1 new' }).waitFor()
    expect(await inSight()).toEqual(before)
    await page.getByRole('button', { name: '1 new' }).click()
    await page.waitForFunction(() => scrollY === 0)
    await page.locator('tbody[data-index="0"]', { hasText: 'Ringing' }).waitFor()
  }, 120_000)

  test('has the place in its address: a reload begins there, and Back leads to the row that was left', async () => {
    await open()
    await scrollTo(300)
    await page.evaluate(() => window.scrollTo(0, 9000))
    await page.waitForURL(/cursor=/)
    const first = await page.locator('.row-link').nth(15).textContent()
    const left = await page.evaluate(() => scrollY)
    await page.locator('.row-link').nth(15).click()
    await page.locator('.timeline').waitFor()
    await page.goBack()
    await page.getByRole('link', { name: first! }).first().waitFor()
    expect(Math.abs((await page.evaluate(() => scrollY)) - left)).toBeLessThan(800)
    await page.reload()
    await settled(page)
    await page.getByText('This list starts at the position in its link').waitFor()
    await page.getByRole('button', { name: 'Go to the top' }).click()
    await page.waitForURL((url) => !url.searchParams.has('cursor'))
    await page.locator('tbody[data-index="0"]').waitFor()
    expect(await page.getByText('This list starts at the position').count()).toBe(0)
  }, 120_000)

  test('prints every loaded row, without the controls of the screen', async () => {
    await open()
    await scrollTo(200)
    await page.emulateMedia({ media: 'print' })
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await page.locator('.row-link').count()).toBeGreaterThanOrEqual(200)
    for (const hidden of ['.side', '.filters-fold', '.copy', '.page-head > .row'])
      expect([hidden, await page.locator(hidden).first().isVisible()]).toEqual([hidden, false])
    await page.evaluate(() => dispatchEvent(new Event('afterprint')))
    await page.waitForFunction(() => document.querySelectorAll('.row-link').length < 80)
  }, 120_000)

  test('of events, fifty thousand, stays short on the page and opens one of them at once', async () => {
    await addEvents(server, EVENTS)
    context = await browser().newContext({ viewport: { width: 1280, height: 800 } })
    page = (await watchedPage(context)).page
    page.setDefaultTimeout(40_000)
    await login(server, page, 'events')
    await page.locator('.tiles', { hasText: '50,0' }).waitFor()
    await scrollTo(300)
    expect(await page.locator('tbody[data-index]').count()).toBeLessThan(80)
    await page.evaluate(() => window.scrollTo(0, 0))
    const rows = Number.parseInt((await loaded()) ?? '', 10)
    await page.locator('tbody[data-index] button.link').first().click()
    await page.getByRole('dialog').getByText('Payload').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    // A page that was asked for while scrolling may have come meanwhile.
    expect(Number.parseInt((await loaded()) ?? '', 10)).toBeGreaterThanOrEqual(rows)
  }, 120_000)
})
