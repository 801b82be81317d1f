import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import { count, duration, percent } from '../../../src/console/format'
import { expectNoFindings } from '../../support/axe'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { login, settled, show } from '../../support/console'
import { fillConsole } from '../../support/console-data'
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver'

/** A Dialpad user that no app is known to have. */
const STRANGER = 777_777
const NIGHT_AGENT = 888_888

describeInBrowser('what an operator does in bulk, and what the figures show', (browser) => {
  let server: BrowserServer
  let receiver: WebhookReceiver
  let context: BrowserContext
  let page: Page
  let app: { app_id: string; api_key: string }
  beforeAll(async () => {
    server = await startBrowserServer()
    receiver = startWebhookReceiver()
    app = await fillConsole(server)
    await server.createApp('Support desk')
    context = await browser().newContext({ viewport: { width: 1280, height: 900 } })
    page = (await watchedPage(context)).page
    await login(server, page)
  }, 60_000)
  afterAll(async () => {
    await context?.close()
    await receiver?.stop()
    await server?.stop()
  })
  const choose = (name: string) => page.getByRole('combobox', { name: 'App', exact: true }).first().selectOption(name)
  const day = (offset: number) => {
    const date = new Date(Date.now() + offset * 86_400_000)
    return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0')).join('-')
  }

  test('all unrouted events are assigned to an app at once', async () => {
    for (const index of [0, 1, 2])
      await server.deliver(
        callEvent('ringing', {
          call_id: 4_840_000_000_000_000 + index,
          at: Date.now(),
          user_id: STRANGER,
          external_number: `+1555666000${index}`,
          contact_name: `Una Routed ${index}`,
        }),
      )
    await show(server, page, 'events')
    await page.getByRole('button', { name: 'Assign 3 unrouted events to an app' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox').selectOption('Support desk')
    await expectNoFindings(page)
    await dialog.getByRole('button', { name: 'Assign', exact: true }).click()
    await page.getByText('3 events were assigned to Support desk.').waitFor()
    await dialog.waitFor({ state: 'detached' })
    await choose('Support desk')
    await page.getByRole('link', { name: 'Calls', exact: true }).click()
    for (const index of [0, 1, 2]) await page.locator('.row-link', { hasText: `Una Routed ${index}` }).waitFor()
  }, 60_000)

  test('secrets are encrypted again, and the page shows how many', async () => {
    await show(server, page, 'system')
    await page.getByRole('button', { name: 'Encrypt again with the first key' }).click()
    await page.getByText(/\d+ secrets? (is|are) encrypted with the first key\..*Older keys can be removed\./).waitFor()
  })

  test('wait and talk are plotted by day, by user and by queue, with legends, for two chosen days too', async () => {
    await show(server, page, 'overview')
    await choose('Field service CRM')
    await page.getByLabel('Period').selectOption('From … to …')
    await page.getByLabel('First day').fill(day(-1))
    await page.getByLabel('Last day').fill(day(0))
    await settled(page)
    for (const title of ['Wait by user', 'Talk by user', 'Wait by number and queue', 'Talk by number and queue']) {
      const plot = page.locator('figure.plot').filter({ hasText: title })
      await plot.locator('.legend', { hasText: 'average' }).waitFor()
      await plot
        .locator('.bars li', { hasText: /\d:\d\d/ })
        .first()
        .waitFor()
    }
    for (const title of ['Wait until answered', 'Talk time'])
      await page.locator('figure.plot').filter({ hasText: title }).locator('.legend').waitFor()
    await expectNoFindings(page)
    await page.getByLabel('First day').fill('2020-01-01')
    await page.getByLabel('Last day').fill('2020-01-02')
    await page.getByText('No calls in this period').waitFor()
    await page.reload()
    await page.getByText('No calls in this period').waitFor()
    expect(await page.getByLabel('Last day').inputValue()).toBe('2020-01-02')
    await page.getByLabel('Period').selectOption('Today')
    expect(new URL(page.url()).searchParams.has('since')).toBe(false)
  }, 60_000)

  test("the month's figures are those of a spreadsheet made from the CSV export", async () => {
    await show(server, page, 'overview')
    await choose('Field service CRM')
    await page.getByLabel('Period').selectOption('Last 30 days')
    await settled(page)
    const tile = (title: string) =>
      page
        .locator('.tiles > div')
        .filter({ has: page.getByText(title, { exact: true }) })
        .locator('dd')
        .first()
        .textContent()
    const since = new Date(`${day(-29)}T00:00`).toISOString()
    const answer = await fetch(`${server.url}/api/calls/export?format=csv&started_after=${since}`, {
      headers: { 'x-app-api-key': app.api_key },
    })
    const [names = [], ...lines] = cellsOf(await answer.text())
    const legs = lines.map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])))
    // What Dialpad did not say is the time from the answer to the end.
    const talkOf = ({ talk_seconds, connected_at, ended_at }: Record<string, string>) =>
      talk_seconds
        ? Number(talk_seconds)
        : Math.round((Date.parse(ended_at ?? '') - Date.parse(connected_at ?? '')) / 1000)
    const conversations = [...Map.groupBy(legs, (leg) => leg.conversation_id).values()]
    const talks = conversations.flatMap((all) => {
      // A call that goes on counts as answered once it is over.
      if (all.some(({ status }) => ['ringing', 'active', 'held'].includes(status ?? ''))) return []
      // Queues report connections of their own.
      const answered = all.filter((leg) => leg.dialpad_user_id && leg.connected_at && leg.status !== 'voicemail')
      return answered.length > 0 ? [answered.reduce((sum, leg) => sum + talkOf(leg), 0)] : []
    })
    expect(conversations.length).toBeGreaterThan(10)
    expect(await tile('Calls')).toBe(count(conversations.length))
    expect(await tile('Answered')).toBe(percent(talks.length / conversations.length))
    expect(await tile('Talk')).toBe(duration(Math.round(talks.reduce((sum, talk) => sum + talk, 0) / talks.length)))
  }, 60_000)

  test('an attempt of an endpoint shows the status, the time it took and the beginning of the answer', async () => {
    // An app of its own: another call would change the figures of the app above.
    const night = await server.createApp('Night desk')
    const mapping = { dialpad_user_id: NIGHT_AGENT, crm_user_id: 'nia' }
    await server.call('POST', `/internal/apps/${night.app_id}/users/map`, mapping)
    receiver.answer = () => new Response(`no capacity ${'x'.repeat(5000)}`, { status: 503 })
    const { secret, endpoint } = await server.call<{ secret: string; endpoint: { id: string } }>(
      'POST',
      '/api/endpoints',
      { url: receiver.url },
      night.api_key,
    )
    receiver.secret = secret
    await server.deliver(callEvent('ringing', { call_id: 4_850_000_000_000_000, at: Date.now(), user_id: NIGHT_AGENT }))
    await show(server, page, 'endpoints')
    await choose('Night desk')
    await show(server, page, `endpoints/${endpoint.id}`)
    await page.locator('details > summary', { hasText: 'call.ring' }).first().click()
    const attempt = page.locator('.attempts li').first()
    await attempt.getByText('503', { exact: true }).waitFor()
    expect(await attempt.textContent()).toMatch(/\d+ ms/)
    const body = (await attempt.locator('pre').textContent())!
    expect(body).toStartWith('no capacity')
    expect(body.length).toBeLessThanOrEqual(1024)
    expect((await attempt.locator('pre').boundingBox())!.height).toBeLessThan(200)
    await expectNoFindings(page)
  }, 60_000)
})

/** The cells of a CSV file, line by line. */
const cellsOf = (csv: string): string[][] =>
  [...csv.matchAll(/(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*\r\n/g)].map(([line]) =>
    [...line.trimEnd().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) =>
      quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
    ),
  )
