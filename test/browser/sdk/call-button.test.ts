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
  incoming: string[]
}

const PAGE = '<!doctype html><div id="root"></div><script type="module">window.kit = await import("/react.js")</script>'
const CALLED = { success: true, dialpad_call_id: 1, phone_number: '+15551234567' }

describeInBrowser('CallButton and DialpadCTI in Chromium', (browser) => {
  let server: ReturnType<typeof streamServer>
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let context: BrowserContext
  let page: Page
  let problems: string[]
  const inDialer: { phone_number: string }[] = []
  /** The calls the server was asked to place, and how it answers them. */
  let placed: { key: string | null; body: Record<string, string> }[]
  let answer: () => Response | Promise<Response>

  beforeAll(async () => {
    const kitFile = await kitFiles()
    dialer = await startMiniDialer((call) => inDialer.push(call))
    server = streamServer(async (request) => {
      const { pathname } = new URL(request.url)
      const file = kitFile(request)
      if (file) return file
      if (pathname === '/') return htmlPage(PAGE)
      if (pathname === '/api/calls/active') return Response.json({ success: true, calls: [] })
      if (pathname !== '/api/calls' || request.method !== 'POST')
        return Response.json({ code: 'customer_not_found', detail: 'none' }, { status: 404 })
      placed.push({ key: request.headers.get('idempotency-key'), body: (await request.json()) as never })
      return answer()
    })
  })
  afterAll(async () => {
    await Promise.all([server.stop(), dialer.stop()])
  })
  beforeEach(async () => {
    placed = []
    inDialer.length = 0
    answer = () => Response.json(CALLED, { status: 202 })
    context = await browser().newContext()
    const watched = await watchedPage(context)
    page = watched.page
    problems = watched.problems
    await page.goto(`${server.url}/`)
    await page.waitForFunction(() => 'kit' in window)
  })
  afterEach(async () => {
    await context.close()
    await until('the page to leave the stream', () => server.sockets.size === 0)
  })

  /** Shows the button; with `dialpadOrigin` beside the Mini Dialer, else it calls through the server. */
  async function show(more: Partial<Kit.CallButtonProps> = {}, dialpadOrigin?: string): Promise<void> {
    const sockets = server.sockets.size
    await page.evaluate(
      ({ more, dialpadOrigin }) => {
        const host = window as unknown as HostWindow
        const { CallButton, CtiClient, CtiProvider, createElement, createRoot, DialpadCTI } = host.kit
        host.incoming = []
        const client = new CtiClient({ token: 't', userId: 'ann' })
        const button = createElement(CallButton, {
          phoneNumber: '5551234567',
          jobId: 'j-1',
          customerId: 'c-1',
          ...more,
        })
        const telephone = dialpadOrigin
          ? createElement(DialpadCTI, {
              clientId: 'client-logged-in',
              dialpadOrigin,
              onIncomingCall: (call) => host.incoming.push(`${call.dialpad_call_id} ${call.status}`),
            })
          : null
        const form = createElement('form', null, button, telephone)
        createRoot(document.getElementById('root')!).render(createElement(CtiProvider, { client, children: form }))
      },
      { more, dialpadOrigin },
    )
    await until('the page to listen', () => server.sockets.size > sockets)
    if (!dialpadOrigin) return
    await miniDialerFrame(page)
    await page.waitForFunction(() => document.querySelector('.cti-states')?.textContent?.includes('Logged in'))
  }

  const button = () => page.locator('.cti-button')
  const state = (name: string) => page.locator(`.cti-button[data-state=${name}]`).waitFor()
  const entry = (seq: number, event: string, status: string, more: object = {}) => ({
    event,
    seq,
    call_id: 1,
    id: 'call-1',
    direction: 'outbound',
    status,
    timestamp: new Date().toISOString(),
    ...more,
  })

  test('a disabled button places no call, by mouse, keyboard or script', async () => {
    await show({ disabled: true })
    expect(await button().isDisabled()).toBe(true)
    await button().click({ force: true })
    await button().evaluate((element: HTMLButtonElement) => {
      element.focus()
      element.click()
    })
    await page.keyboard.press('Enter')
    await page.keyboard.press('Space')
    // An answered request of the page's own comes after whatever a click had sent.
    await page.evaluate(() => fetch('/api/calls/active').then((response) => response.text()))
    expect(placed).toEqual([])
    await state('idle')
  })

  test.each(['', '  ', null, undefined])(
    'a button for the number %j is disabled, and the page stays whole',
    async (phoneNumber) => {
      await show({ phoneNumber })
      expect(await button().isDisabled()).toBe(true)
      expect(problems).toEqual([])
    },
  )

  test('a click places one call through the server, under an Idempotency-Key, with its references', async () => {
    await show()
    await button().click()
    await state('calling')
    await until('the call', () => placed.length > 0)
    const { key, body } = placed[0]!
    expect(key).toMatch(/^[0-9a-f]{24}$/)
    const { custom_data, ...rest } = body
    expect(rest).toEqual({ phone_number: '5551234567', user_id: 'ann', customer_id: 'c-1', job_id: 'j-1' })
    expect(JSON.parse(custom_data!)).toMatchObject({ customer_id: 'c-1', job_id: 'j-1' })
    expect(problems).toEqual([])
  })

  test('a second click places no second call: not while the first is being placed, nor while the call goes on; it shows when it waits', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = async () => {
      await promise
      return Response.json(CALLED, { status: 202 })
    }
    await show()
    // The button is marked as busy, which stops Playwright but neither mouse nor keyboard.
    const again = async () => {
      await button().click({ force: true })
      await page.keyboard.press('Enter')
    }
    const waits = () => page.locator('.cti-button .cti-spinner').count()
    expect(await waits()).toBe(0)
    await button().dblclick()
    await until('the call', () => placed.length > 0)
    expect(await waits()).toBe(1)
    await again()
    resolve()
    await page.waitForFunction(() => document.querySelector('.cti-button')?.getAttribute('data-state') === 'calling')
    await again()
    expect(await waits()).toBe(1)
    server.send(entry(1, 'call.ring', 'ringing', { custom_data: JSON.parse(placed[0]!.body.custom_data!) }))
    await state('ringing')
    await again()
    expect(await waits()).toBe(1)
    server.send(entry(2, 'call.started', 'active'))
    await state('active')
    await again()
    expect(await waits()).toBe(0)
    await page.evaluate(() => fetch('/api/calls/active').then((response) => response.text()))
    expect(placed).toHaveLength(1)
    server.send(entry(3, 'call.ended', 'ended'), entry(4, 'call.updated', 'active'))
    await state('ended')
    await button().click()
    await until('the next call', () => placed.length === 2)
    expect(placed[1]!.key).not.toBe(placed[0]!.key)
  })

  test('a call in progress keeps its button, however long it lasts, and its end is shown for four seconds', async () => {
    await page.clock.install()
    await page.reload()
    await page.waitForFunction(() => 'kit' in window)
    await show()
    await button().click()
    await until('the call', () => placed.length > 0)
    server.send(entry(1, 'call.ring', 'ringing', { custom_data: JSON.parse(placed[0]!.body.custom_data!) }))
    await state('ringing')
    await page.clock.runFor(60_000)
    await state('ringing')
    server.send(entry(2, 'call.started', 'active'))
    await state('active')
    await page.clock.runFor(60_000)
    await state('active')
    server.send(entry(3, 'call.ended', 'ended'))
    await state('ended')
    await page.clock.runFor(4000)
    await state('idle')
  })

  test('two clicks in one task place one call', async () => {
    await show()
    await button().evaluate((element: HTMLButtonElement) => {
      element.click()
      element.click()
    })
    await state('calling')
    await page.evaluate(() => fetch('/api/calls/active').then((response) => response.text()))
    expect(placed).toHaveLength(1)
  })

  test('a refused call shows why, and the button can be pressed again', async () => {
    answer = () => Response.json({ code: 'dialpad_unavailable', detail: 'Dialpad is away.' }, { status: 503 })
    await show()
    await button().click()
    await page.getByRole('alert').getByText('Dialpad is away.').waitFor()
    await state('error')
    answer = () => Response.json(CALLED, { status: 202 })
    await button().click()
    await state('calling')
    expect(placed).toHaveLength(2)
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('with the Mini Dialer on the page, the Mini Dialer places the call, once', async () => {
    await show({}, dialer.origin)
    await button().dblclick()
    await state('calling')
    await until('the call in the Mini Dialer', () => inDialer.length > 0)
    await page.evaluate(() => fetch('/api/calls/active').then((response) => response.text()))
    expect(inDialer.map(({ phone_number }) => phone_number)).toEqual(['+15551234567'])
    expect(placed).toEqual([])
  })

  test.each([
    ['with Web Locks', true],
    ['on a page that has none', false],
  ])(
    'a call that rings again and again, in the Mini Dialer and on the stream, is reported as incoming once, %s',
    async (_name, hasLocks) => {
      if (!hasLocks) {
        await page.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }))
        await page.reload()
        await page.waitForFunction(() => 'kit' in window)
      }
      await show({}, dialer.origin)
      const ring = (seq: number, call_id: number, event = 'call.updated') =>
        entry(seq, event, 'ringing', { call_id, id: `call-${call_id}`, direction: 'inbound', dialpad_user_id: 5000 })
      await press(page, 'ring', 901, '+15557654321')
      await press(page, 'ring', 901, '+15557654321')
      server.send(ring(11, 901, 'call.ring'), ring(12, 901), ring(13, 901))
      await page.waitForFunction(() => (window as unknown as HostWindow).incoming.length === 1)
      await press(page, 'ring', 901, '+15557654321')
      server.send(ring(14, 902, 'call.ring'))
      await page.waitForFunction(() => (window as unknown as HostWindow).incoming.length >= 2)
      expect(await page.evaluate(() => (window as unknown as HostWindow).incoming)).toEqual([
        '901 ringing',
        '902 ringing',
      ])
      // An outgoing call that rings is not incoming.
      server.send({ ...ring(15, 903, 'call.ring'), direction: 'outbound' }, ring(16, 904, 'call.ring'))
      await page.waitForFunction(() => (window as unknown as HostWindow).incoming.includes('904 ringing'))
      expect(await page.evaluate(() => (window as unknown as HostWindow).incoming)).toHaveLength(3)
    },
  )
})
