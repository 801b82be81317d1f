import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import type * as Kit from '../../../src/sdk/cti'
import { dialableNumber } from '../../../src/sdk/dialable-number'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { startKitPage } from '../../support/kit-page'
import { miniDialerFrame, press, received, startMiniDialer } from '../../support/mini-dialer'

type Service = InstanceType<typeof Kit.DialpadService>
interface HostWindow {
  kit: typeof Kit
  service: Service
  events: { event: string; payload: Record<string, unknown> }[]
  outcome: Promise<string>
}

describe('dialableNumber', () => {
  test.each(['(555) 123-4567', '555-123-4567', '15551234567', '5551234567', '+1 555 123 4567', '555.123.4567'])(
    'reads %s as +15551234567',
    (text) => {
      expect(dialableNumber(text)).toBe('+15551234567')
    },
  )

  test('reads numbers of other countries by their code or by the region', () => {
    expect(dialableNumber('+44 20 7946 0958')).toBe('+442079460958')
    expect(dialableNumber('030 123456', 'DE')).toBe('+4930123456')
  })

  test.each(['', 'call me', '12', '<script>5551234567</script>', '<b>555-123-4567</b>', 'tel 5551234567 now', '+'])(
    'takes %j for no number',
    (text) => {
      expect(dialableNumber(text)).toBeNull()
    },
  )
})

describeInBrowser('DialpadService in Chromium', (browser) => {
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let host: Awaited<ReturnType<typeof startKitPage>>
  let context: BrowserContext

  beforeAll(async () => {
    dialer = await startMiniDialer()
    host = await startKitPage('dialer')
  })
  afterAll(async () => {
    await host.stop(true)
    await dialer.stop()
  })
  afterEach(() => context.close())

  async function open(clientId: string | null = 'client-logged-in', loginTimeoutMs = 15_000): Promise<Page> {
    context ??= await browser().newContext()
    const { page } = await watchedPage(context)
    await page.goto(`http://127.0.0.1:${host.port}/`)
    await page.waitForFunction(() => 'kit' in window)
    await page.evaluate(
      ({ origin, clientId, loginTimeoutMs }) => {
        const host = window as unknown as HostWindow
        host.events = []
        host.service = new host.kit.DialpadService({ origin, loginTimeoutMs })
        for (const event of ['authentication', 'call_ringing'] as const)
          host.service.on(event, (payload) => host.events.push({ event, payload: { ...payload } }))
        if (clientId) host.service.initializeCTI(clientId, document.getElementById('dialer')!)
      },
      { origin: dialer.origin, clientId, loginTimeoutMs },
    )
    if (clientId) await miniDialerFrame(page)
    return page
  }

  const events = (page: Page) => page.evaluate(() => (window as unknown as HostWindow).events)
  const waitForEvents = async (page: Page, count: number) => {
    await page.waitForFunction((count) => (window as unknown as HostWindow).events.length >= count, count)
    return events(page)
  }
  const initiate = (page: Page, number: string, options: Kit.InitiateCallOptions = {}) =>
    page.evaluate(
      ([number, options]) =>
        (window as unknown as HostWindow).service.initiateCall(number, options).then(
          () => 'sent',
          (error) => (error as Kit.DialpadError).code as string,
        ),
      [number, options] as const,
    )

  const fresh = async () => {
    context = await browser().newContext()
  }

  test('embeds the Mini Dialer with the permissions it needs and no more', async () => {
    await fresh()
    const page = await open()
    const iframe = page.locator('iframe')
    expect(await iframe.getAttribute('src')).toBe(`${dialer.origin}/apps/client-logged-in`)
    expect(await iframe.getAttribute('allow')).toBe(
      'microphone; speaker-selection; autoplay; camera; display-capture; hid',
    )
    expect(await iframe.getAttribute('sandbox')).toBe('allow-popups allow-scripts allow-same-origin allow-forms')
  })

  test('sends the exact messages Dialpad takes', async () => {
    await fresh()
    const page = await open()
    await waitForEvents(page, 1)
    expect(
      await initiate(page, '(555) 123-4567', {
        identityType: 'CallCenter',
        identityId: 77,
        customData: '{"job_id":"7"}',
      }),
    ).toBe('sent')
    expect(
      await initiate(page, '+44 20 7946 0958', { enableCurrentTab: false, outboundCallerId: '555-000-0002' }),
    ).toBe('sent')
    await page.evaluate(() => {
      const { service } = window as unknown as HostWindow
      service.enableCurrentTab()
      service.endAllCalls()
    })
    expect(await received(page)).toEqual([
      {
        method: 'initiate_call',
        payload: {
          phone_number: '+15551234567',
          enable_current_tab: true,
          identity_type: 'CallCenter',
          identity_id: 77,
          custom_data: '{"job_id":"7"}',
        },
      },
      {
        method: 'initiate_call',
        payload: { phone_number: '+442079460958', enable_current_tab: false, outbound_caller_id: '+15550000002' },
      },
      { method: 'enable_current_tab' },
      { method: 'hang_up_all_calls' },
    ])
  })

  test('reports each login and logout once, although Dialpad repeats itself', async () => {
    await fresh()
    const page = await open('client')
    await press(page, 'login')
    await press(page, 'login')
    await press(page, 'logout')
    expect((await waitForEvents(page, 3)).map(({ payload }) => payload)).toEqual([
      { authenticated: false, user_id: null },
      { authenticated: true, user_id: 5000 },
      { authenticated: false, user_id: null },
    ])
  })

  test('reports a ringing call and its end', async () => {
    await fresh()
    const page = await open()
    await press(page, 'ring', 901, '+15557654321', { id: 'shared-1', type: 'local', name: '<b>Grace</b>' })
    await waitForEvents(page, 2)
    await press(page, 'stopRinging', 901)
    const [, on, off] = await waitForEvents(page, 3)
    expect(on?.payload).toMatchObject({
      state: 'on',
      id: '901',
      external_number: '+15557654321',
      contact: { id: 'shared-1', name: '<b>Grace</b>', phone: null },
      handled_here: true,
    })
    expect(off?.payload).toMatchObject({ state: 'off', id: '901', handled_here: true })
  })

  test('sends a call asked before the login is known once it is, and refuses it when nobody is logged in', async () => {
    await fresh()
    const page = await open('client-silent')
    const ask = () =>
      page.evaluate(() => {
        const host = window as unknown as HostWindow
        host.outcome = host.service.initiateCall('5551234567').then(
          () => 'sent',
          (error) => (error as Kit.DialpadError).code as string,
        )
      })
    const outcome = () => page.evaluate(() => (window as unknown as HostWindow).outcome)
    await ask()
    expect(await received(page)).toEqual([])
    await press(page, 'login')
    expect(await outcome()).toBe('sent')
    expect(await received(page)).toHaveLength(1)
    await press(page, 'logout')
    await waitForEvents(page, 2)
    await ask()
    expect(await outcome()).toBe('not_authenticated')
    expect(await received(page)).toHaveLength(1)
  })

  test('refuses with a code what Dialpad could not do, and sends nothing', async () => {
    await fresh()
    const page = await open()
    await waitForEvents(page, 1)
    expect(await initiate(page, '<img src=x onerror=alert(1)>')).toBe('phone_number_invalid')
    expect(await initiate(page, '5551234567', { outboundCallerId: 'me' })).toBe('phone_number_invalid')
    expect(await initiate(page, '5551234567', { customData: 'x'.repeat(2001) })).toBe('custom_data_too_long')
    expect(await initiate(page, '5551234567', { identityType: 'Office' })).toBe('identity_invalid')
    expect(
      await initiate(page, '5551234567', { identityType: 'Office', identityId: 1, outboundCallerId: '5550000002' }),
    ).toBe('identity_invalid')
    expect(await received(page)).toEqual([])
    await page.evaluate(() => document.querySelector('iframe')!.remove())
    expect(await initiate(page, '5551234567')).toBe('iframe_missing')
    await page.evaluate(() => (window as unknown as HostWindow).service.destroy())
    expect(await initiate(page, '5551234567')).toBe('destroyed')
  })

  test('refuses a call without a Mini Dialer, and one that Dialpad never answers', async () => {
    await fresh()
    expect(await initiate(await open(null), '5551234567')).toBe('not_initialized')
    expect(await initiate(await open('client-silent', 50), '5551234567')).toBe('login_timeout')
  })

  test('ignores other origins, other windows of the right origin, and invalid messages', async () => {
    await fresh()
    const page = await open('client')
    await waitForEvents(page, 1)
    await page.evaluate(async (dialerOrigin) => {
      const message = {
        api: 'opencti_dialpad',
        version: '1.0',
        method: 'user_authentication',
        payload: { user_authenticated: true },
      }
      postMessage(message, '*')
      const load = (src: string) =>
        new Promise<void>((resolve) => {
          const iframe = Object.assign(document.createElement('iframe'), { src, onload: () => resolve() })
          document.body.append(iframe)
        })
      await load('/frame')
      // A second Mini Dialer has the right origin but is not the service's own iframe.
      await load(`${dialerOrigin}/apps/other-logged-in`)
    }, dialer.origin)
    const junk: [string, unknown][] = [
      ['user_authentication', { user_authenticated: 'yes' }],
      ['user_authentication', null],
      ['call_ringing', { state: 'on' }],
      ['call_ringing', { state: 'maybe', id: 4 }],
      ['call_ringing', { state: 'on', id: 1.5 }],
      ['call_ringing', { state: 'on', id: '4; drop' }],
      ['call_ringing', [[]]],
      ['__proto__', { polluted: true }],
    ]
    for (const [method, payload] of junk) await press(page, 'notify', method, payload)
    await press(page, 'ring', 902, '+15557654321')
    const seen = await waitForEvents(page, 2)
    expect(seen.map(({ event, payload }) => [event, payload.id ?? payload.authenticated])).toEqual([
      ['authentication', false],
      ['call_ringing', '902'],
    ])
  })

  test('lets one tab of many handle a call', async () => {
    await fresh()
    const tabs = [await open(), await open(), await open()]
    for (const tab of tabs) await waitForEvents(tab, 1)
    await Promise.all(tabs.map((tab) => press(tab, 'ring', 903, '+15557654321')))
    const rung = await Promise.all(tabs.map((tab) => waitForEvents(tab, 2)))
    expect(rung.map((seen) => seen[1]?.payload.handled_here).filter(Boolean)).toHaveLength(1)
  })

  test('sends nothing when destroyed', async () => {
    await fresh()
    const page = await open()
    await waitForEvents(page, 1)
    await page.evaluate(() => (window as unknown as HostWindow).service.destroy())
    expect(await page.locator('iframe').count()).toBe(0)
    expect(await initiate(page, '5551234567')).toBe('destroyed')
  })
})
