import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { BrowserContext, Page } from 'playwright-core'
import type * as Kit from '../../../src/sdk/cti'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { htmlPage, startKitPage } from '../../support/kit-page'
import { miniDialerFrame, press, startMiniDialer } from '../../support/mini-dialer'

interface HostWindow {
  kit: typeof Kit
  service: InstanceType<typeof Kit.DialpadService>
  events: [event: string, detail: unknown][]
  /** Methods of every message that reached the page, whoever sent it. */
  arrived: string[]
}

/** Another site's page that plays the Mini Dialer and keeps what it is sent. */
const IMPOSTOR = `<!doctype html><script>
window.received = []
addEventListener('message', ({ data }) => received.push(data.method))
window.say = (method, payload) => parent.postMessage({ api: 'opencti_dialpad', version: '1.0', method, payload }, '*')
</script>`

describeInBrowser('whom DialpadService trusts, in Chromium', (browser) => {
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let impostor: ReturnType<typeof Bun.serve>
  let host: Awaited<ReturnType<typeof startKitPage>>
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    dialer = await startMiniDialer()
    impostor = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => htmlPage(IMPOSTOR) })
    host = await startKitPage('dialer')
  })
  afterAll(async () => {
    await Promise.all([host.stop(true), impostor.stop(true), dialer.stop()])
  })
  beforeEach(async () => {
    context = await browser().newContext()
    page = (await watchedPage(context)).page
    await page.goto(`http://127.0.0.1:${host.port}/`)
    await page.waitForFunction(() => 'kit' in window)
    await page.evaluate((origin) => {
      const host = window as unknown as HostWindow
      host.events = []
      host.arrived = []
      host.service = new host.kit.DialpadService({ origin })
      host.service.on('authentication', ({ authenticated, user_id }) =>
        host.events.push(['authentication', authenticated && user_id]),
      )
      host.service.on('call_ringing', ({ state, id }) => host.events.push([`ringing ${state}`, id]))
      host.service.initializeCTI('client', document.getElementById('dialer')!)
      // Added last: what is in here has been with the service already.
      addEventListener('message', ({ data }) => host.arrived.push(data.method))
    }, dialer.origin)
    await miniDialerFrame(page)
    await arrival(1)
  })
  afterEach(() => context.close())

  const arrival = (count: number) =>
    page.waitForFunction((count) => (window as unknown as HostWindow).arrived.length >= count, count)
  const events = () => page.evaluate(() => (window as unknown as HostWindow).events)
  /** Loads the impostor into an iframe and waits until its script runs. */
  const loadImpostor = async (selector: string) => {
    const address = `http://127.0.0.1:${impostor.port}/`
    await page.evaluate(
      ([selector, address]) => {
        const existing = document.querySelector<HTMLIFrameElement>(selector!)
        const iframe = existing ?? Object.assign(document.createElement('iframe'), { id: selector!.slice(1) })
        iframe.src = address!
        if (!existing) document.body.append(iframe)
      },
      [selector, address],
    )
    const frame = await (await page.waitForSelector(selector)).contentFrame()
    await frame!.waitForURL(address)
    await frame!.waitForFunction(() => 'say' in window)
    return frame!
  }
  type Impostor = { say: (method: string, payload: object) => void; received: string[] }
  const lie = () => {
    const { say } = window as unknown as Impostor
    say('user_authentication', { user_authenticated: true, user_id: 666 })
    say('call_ringing', { state: 'on', id: 666 })
  }

  test('messages of the right window with another origin are ignored: another page in the iframe', async () => {
    const frame = await loadImpostor('iframe[title=Dialpad]')
    await frame.evaluate(lie)
    await arrival(3)
    expect(await events()).toEqual([['authentication', false]])
  })

  test('messages of the right origin in another window are ignored: a second Mini Dialer on the page', async () => {
    await page.evaluate((src) => {
      document.body.append(Object.assign(document.createElement('iframe'), { id: 'second', src }))
    }, `${dialer.origin}/apps/other-logged-in`)
    await arrival(2)
    const frame = await (await page.waitForSelector('#second')).contentFrame()
    await frame!.evaluate(() =>
      (window as unknown as { miniDialer: { ring(id: number, number: string): void } }).miniDialer.ring(666, '+1'),
    )
    await arrival(3)
    expect(await events()).toEqual([['authentication', false]])
  })

  test('messages of another window of another origin and of the page itself are ignored', async () => {
    const frame = await loadImpostor('#elsewhere')
    await frame.evaluate(lie)
    await page.evaluate(() =>
      postMessage(
        {
          api: 'opencti_dialpad',
          version: '1.0',
          method: 'user_authentication',
          payload: { user_authenticated: true },
        },
        '*',
      ),
    )
    await arrival(4)
    expect(await events()).toEqual([['authentication', false]])
  })

  test('a number to call is sent only to Dialpad’s origin, not to another page in the iframe', async () => {
    await press(page, 'login')
    await arrival(2)
    const frame = await loadImpostor('iframe[title=Dialpad]')
    await page.evaluate(async () => {
      const { service } = window as unknown as HostWindow
      await service.initiateCall('5551234567', { customData: 'secret' })
      service.enableCurrentTab()
      service.endAllCalls()
      // Messages arrive in order: whatever the service sent is there before this one.
      document.querySelector('iframe')!.contentWindow!.postMessage({ method: 'sentinel' }, '*')
    })
    await frame.waitForFunction(() => (window as unknown as Impostor).received.includes('sentinel'))
    expect(await frame.evaluate(() => (window as unknown as Impostor).received)).toEqual(['sentinel'])
  })

  test('a ring repeated by Dialpad is reported once, until the call stopped ringing', async () => {
    for (const id of [901, 901, 902, 901]) await press(page, 'ring', id, '+15557654321')
    await press(page, 'stopRinging', 901)
    await press(page, 'ring', 901, '+15557654321')
    const seen = await page.waitForFunction(() => {
      const { events } = window as unknown as HostWindow
      return events.length >= 5 && events.at(-1)![0] === 'ringing on' ? events : null
    })
    const rung = ((await seen.jsonValue()) as HostWindow['events']).slice(1).map(([event, id]) => `${event} ${id}`)
    expect(rung.filter((one) => one.endsWith('902'))).toEqual(['ringing on 902'])
    expect(rung.filter((one) => one.endsWith('901'))).toEqual(['ringing on 901', 'ringing off 901', 'ringing on 901'])
  })

  test('a client id that is more than a name, and a second Mini Dialer, are refused', async () => {
    const codes = await page.evaluate(() => {
      const { kit, service } = window as unknown as HostWindow
      const code = (embed: () => unknown) => {
        try {
          embed()
          return 'embedded'
        } catch (error) {
          return (error as Kit.DialpadError).code as string
        }
      }
      const container = document.getElementById('dialer')!
      const other = () => new kit.DialpadService()
      return [
        ...['', '../evil', 'a/b', 'a?b', 'a#b', 'a b', '<b>'].map((id) =>
          code(() => other().initializeCTI(id, container)),
        ),
        code(() => service.initializeCTI('client', container)),
      ]
    })
    expect(codes).toEqual([...Array(7).fill('client_id_invalid'), 'already_initialized'])
    expect(await page.locator('iframe').count()).toBe(1)
  })
})
