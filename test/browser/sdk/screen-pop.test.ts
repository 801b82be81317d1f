import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import type * as Kit from '../../../src/sdk/served/react'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { htmlPage, kitFiles } from '../../support/kit-page'
import { miniDialerFrame, press, startMiniDialer } from '../../support/mini-dialer'
import { streamServer } from '../../support/stream-server'
import { until } from '../../support/until'

interface HostWindow {
  kit: typeof Kit
  popped: [string, string | null][]
  errors: string[]
  reactRoot: ReturnType<typeof Kit.createRoot>
}

const PAGE = '<!doctype html><div id="root"></div><script type="module">window.kit = await import("/react.js")</script>'
const GRACE = { id: 'u', external_id: 'c-1', name: 'Grace Hopper', url: null, phones: ['+15557654321'] }
const START = Date.UTC(2026, 0, 1)

describeInBrowser('The screen pop of DialpadCTI in Chromium', (browser) => {
  let server: ReturnType<typeof streamServer>
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let context: BrowserContext
  let page: Page
  /** How the directory answers who a number belongs to, and the server which calls are in progress. */
  let directory: (number: string | null) => Response | Promise<Response>
  let active: () => Response
  const found = () => Response.json({ success: true, customer: GRACE })
  const unknown = () => Response.json({ code: 'customer_not_found', detail: 'none' }, { status: 404 })

  beforeAll(async () => {
    const kitFile = await kitFiles()
    dialer = await startMiniDialer()
    server = streamServer((request) => {
      const { pathname, searchParams } = new URL(request.url)
      const file = kitFile(request)
      if (file) return file
      if (pathname === '/') return htmlPage(PAGE)
      if (pathname === '/api/calls/active') return active()
      if (pathname !== '/api/customers/lookup') return new Response(null, { status: 404 })
      return directory(searchParams.get('phone'))
    })
  })
  afterAll(async () => {
    await Promise.all([server.stop(), dialer.stop()])
  })
  beforeEach(async () => {
    directory = unknown
    active = () => Response.json({ success: true, calls: [] })
    context = await browser().newContext()
    page = (await watchedPage(context)).page
    await page.clock.install({ time: START })
    await page.goto(`${server.url}/`)
    await until('the kit', () => page.evaluate(() => 'kit' in window))
  })
  afterEach(async () => {
    await context.close()
    await until('the page to leave the stream', () => server.sockets.size === 0)
  })

  /** Renders the telephone with a client of its own. */
  function render({ withServer = true, clientId = 'client-logged-in' } = {}): Promise<void> {
    return page.evaluate(
      ({ dialpadOrigin, withServer, clientId }) => {
        const host = window as unknown as HostWindow
        const { CtiClient, CtiProvider, createElement, createRoot, DialpadCTI } = host.kit
        host.popped = []
        host.errors = []
        const telephone = createElement(DialpadCTI, {
          clientId,
          dialpadOrigin,
          onError: ({ message }) => host.errors.push(message),
          onIncomingCall: (call) => host.popped.push([call.dialpad_call_id, call.customer?.id ?? null]),
        })
        const client = new CtiClient({ token: 't', userId: 'ann' })
        host.reactRoot ??= createRoot(document.getElementById('root')!)
        host.reactRoot.render(withServer ? createElement(CtiProvider, { client, children: telephone }) : telephone)
      },
      { dialpadOrigin: dialer.origin, withServer, clientId },
    )
  }

  async function show(withServer = true): Promise<void> {
    await render({ withServer })
    await miniDialerFrame(page)
    const states = withServer ? ['Logged in', 'Live'] : ['Logged in']
    await until('the connections', async () => {
      const text = (await page.locator('.cti-states').textContent()) ?? ''
      return states.every((state) => text.includes(state))
    })
    await page.clock.pauseAt(START + 30_000)
  }

  /** Rings, and lets the 200 ms pass in which the tabs settle who shows the call. */
  async function ring(id: number): Promise<void> {
    await press(page, 'ring', id, '+15557654321')
    await page.clock.runFor(200)
    await page.locator('.cti-launcher[data-ringing=true]').waitFor()
    await page.clock.runFor(200)
    await page.locator('.cti-panel[data-open=true]').waitFor()
  }
  const popped = () => page.evaluate(() => (window as unknown as HostWindow).popped)
  const hasPopped = (count: number) => until(`${count} pops`, async () => (await popped()).length === count)

  test('waits for the directory and is called once, with the customer', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    directory = () => promise
    await show()
    await ring(901)
    await page.clock.runFor(250)
    expect(await popped()).toEqual([])
    resolve(found())
    await hasPopped(1)
    await page.clock.runFor(1000)
    expect(await popped()).toEqual([['901', 'c-1']])
  })

  test('is called after half a second without the customer, and again when the directory has responded', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    directory = () => promise
    await show()
    await ring(902)
    await page.clock.runFor(300)
    expect(await popped()).toEqual([['902', null]])
    resolve(found())
    await hasPopped(2)
    await page.clock.runFor(1000)
    expect(await popped()).toEqual([
      ['902', null],
      ['902', 'c-1'],
    ])
  })

  test('takes the customer from the live event when that arrives first', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    directory = () => promise
    await show()
    await ring(903)
    server.send({
      ...{ event: 'call.ring', seq: 1, call_id: 903, id: 'call-903', direction: 'inbound', status: 'ringing' },
      ...{ from_number: '+15557654321', customer: { id: 'c-2', name: 'Ada', url: null }, dialpad_user_id: 5000 },
      timestamp: new Date(START).toISOString(),
    })
    await hasPopped(1)
    resolve(found())
    await page.clock.runFor(1000)
    expect(await popped()).toEqual([['903', 'c-2']])
  })

  test('is called at once, without a customer, when the directory has no such customer', async () => {
    await show()
    await ring(904)
    await hasPopped(1)
    await page.clock.runFor(1000)
    expect(await popped()).toEqual([['904', null]])
  })

  test('is called at once when the page has only the Mini Dialer', async () => {
    await show(false)
    await ring(905)
    await hasPopped(1)
    expect(await popped()).toEqual([['905', null]])
  })

  test('is called before the half second is over when the call ends meanwhile', async () => {
    directory = () => new Promise<Response>(() => {})
    await show()
    await ring(906)
    const ended = { seq: 1, call_id: 906, id: 'call-906', direction: 'inbound', dialpad_user_id: 5000 }
    server.send({ ...ended, event: 'call.missed', status: 'missed', timestamp: new Date(START).toISOString() })
    await hasPopped(1)
    await page.clock.runFor(1000)
    expect(await popped()).toEqual([['906', null]])
  })

  test('a customer of one client is not shown with the next one, which has its own directory', async () => {
    directory = found
    await show()
    await ring(907)
    const card = page.locator('.cti-card', { hasText: 'Grace Hopper' })
    await card.waitFor()
    let lookups = 0
    directory = () => {
      lookups++
      return unknown()
    }
    await render()
    await until('the other directory to be asked', () => lookups > 0)
    await card.waitFor({ state: 'detached' })
  })

  const errors = () => page.evaluate(() => (window as unknown as HostWindow).errors)

  test('a Mini Dialer that cannot be shown is reported', async () => {
    await render({ clientId: 'not/a client' })
    await until('the report', async () => (await errors()).length > 0)
    expect(await page.locator('.cti-panel [role=alert]').count()).toBe(1)
  })

  test('calls that cannot be read are reported, and the panel shows why', async () => {
    await show()
    active = () => Response.json({ code: 'scope_missing', detail: 'This key reads no calls.' }, { status: 403 })
    server.send({ type: 'gap', from: 1, to: 2 })
    await page
      .locator('.cti-panel [role=alert]', { hasText: 'This key reads no calls.' })
      .waitFor({ state: 'attached' })
    expect(await errors()).toEqual(['This key reads no calls.'])
  })

  /** An entry of the stream about a call of this person. */
  const entry = (seq: number, call_id: number, event: string, status: string, more: object = {}) => ({
    ...{ event, seq, call_id, id: `call-${call_id}`, direction: 'inbound', status, timestamp: at(0), ...more },
  })
  /** @param seconds after the instant at which the page's clock stands. */
  const at = (seconds: number) => new Date(START + 30_000 + seconds * 1000).toISOString()

  test('the directory is asked once for a number, and never for a known customer or a withheld number', async () => {
    const asked: (string | null)[] = []
    directory = (number) => {
      asked.push(number)
      return unknown()
    }
    await show()
    const customer = { id: 'c-2', name: 'Ada', url: null }
    server.send(
      entry(1, 908, 'call.ring', 'ringing', { from_number: '+15550000001', customer }),
      entry(2, 909, 'call.ring', 'ringing', { from_number: null }),
      entry(3, 910, 'call.ring', 'ringing', { from_number: '+15550000002' }),
    )
    await until('a lookup', () => asked.length > 0)
    for (const [seq, status] of [...['active', 'held'].entries()])
      server.send(entry(4 + seq, 910, 'call.updated', status, { from_number: '+15550000002' }))
    await page.locator('.cti-card[data-status=held]').waitFor({ state: 'attached' })
    // Responds after whatever the page had asked before.
    await page.evaluate(() => fetch('/api/customers/lookup?phone=last'))
    expect(asked).toEqual(['+15550000002', 'last'])
  })

  test('a card shows how long its call lasts, then how long it lasted, and no time for a call nobody answered', async () => {
    await show()
    const cards = page.locator('.cti-card-status')
    const shows = (text: string) => until(text, async () => (await cards.allTextContents()).join() === text)
    server.send(entry(1, 911, 'call.started', 'active', { timestamp: at(-65) }))
    await shows('Incoming · on call · 1:05')
    await page.clock.runFor(2000)
    await shows('Incoming · on call · 1:07')
    server.send(entry(2, 911, 'call.ended', 'ended', { timestamp: at(2), duration_seconds: 70 }))
    await shows('Incoming · ended · 1:10')
    server.send(entry(3, 912, 'call.missed', 'missed', { timestamp: at(3) }))
    await shows('Incoming · missed,Incoming · ended · 1:10')
  })

  test("a card links to the customer's record by https or http, and to no script", async () => {
    await show()
    for (const [index, url] of ['https://crm.test/1', 'http://crm.test/2', 'javascript:alert(3)'].entries())
      server.send(
        entry(1 + index, 920 + index, 'call.ring', 'ringing', { customer: { id: 'c', name: `Name ${index}`, url } }),
      )
    await until('three cards', async () => (await page.locator('.cti-card-name').count()) === 3)
    const links = await page.locator('.cti-card a').evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    expect(links.toSorted()).toEqual(['http://crm.test/2', 'https://crm.test/1'])
  })

  test('a collapsed panel cannot be reached by the keyboard, an open one can', async () => {
    await show()
    const isInert = () => page.locator('.cti-panel').evaluate((panel) => (panel as HTMLElement).inert)
    expect(await isInert()).toBe(true)
    await page.locator('.cti-launcher').click()
    await until('the open panel', async () => !(await isInert()))
  })

  test('a page that slept subscribes again, since its socket may have died without a close', async () => {
    await show()
    const before = server.asked.length
    await page.clock.fastForward(60_000)
    await until('the next subscription', () => server.asked.length > before)
  })
})
