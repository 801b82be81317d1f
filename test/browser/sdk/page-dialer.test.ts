import { afterAll, beforeAll, expect, test } from 'bun:test'
import type * as Kit from '../../../src/sdk/cti'
import { dialpadService } from '../../../src/sdk/page-dialer'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { startKitPage } from '../../support/kit-page'
import { press, received, startMiniDialer } from '../../support/mini-dialer'

test('dialpadService refuses with a code while the page has no Mini Dialer', async () => {
  expect(dialpadService.initiateCall('+15551234567')).rejects.toMatchObject({ code: 'not_initialized' })
  expect(() => dialpadService.endAllCalls()).toThrow('Dialpad is not on this page')
  expect(dialpadService.getAuthenticationStatus()).toEqual({ authenticated: false, userId: null })
})

interface HostWindow {
  kit: typeof Kit
  users: (number | null)[]
}

describeInBrowser('dialpadService in Chromium', (browser) => {
  let dialer: Awaited<ReturnType<typeof startMiniDialer>>
  let host: Awaited<ReturnType<typeof startKitPage>>
  beforeAll(async () => {
    dialer = await startMiniDialer()
    host = await startKitPage('phone')
  })
  afterAll(async () => {
    await host.stop(true)
    await dialer.stop()
  })

  test('shows the Mini Dialer of dialpad.com, calls, and keeps its listeners when it is recreated', async () => {
    const context = await browser().newContext()
    // The address is Dialpad's own; what answers is the page that plays it.
    await context.route('https://dialpad.com/**', async (route) => {
      const { pathname } = new URL(route.request().url())
      const answer = await fetch(dialer.origin + pathname)
      await route.fulfill({ contentType: answer.headers.get('content-type')!, body: await answer.text() })
    })
    const { page } = await watchedPage(context)
    await page.goto(`http://127.0.0.1:${host.port}/`)
    await page.waitForFunction(() => 'kit' in window)
    const initialize = () =>
      page.evaluate(() => {
        const { kit } = window as unknown as HostWindow
        try {
          kit.dialpadService.initializeCTI('client-logged-in', document.getElementById('phone')!)
          return 'shown'
        } catch (error) {
          return (error as Kit.DialpadError).code
        }
      })
    await page.evaluate(() => {
      const target = window as unknown as HostWindow
      target.users = []
      target.kit.dialpadService.on('authentication', ({ userId }) => target.users.push(userId))
    })
    expect(await initialize()).toBe('shown')
    expect(await initialize()).toBe('already_initialized')
    const usersAre = (count: number) =>
      page.waitForFunction((count) => (window as unknown as HostWindow).users.length === count, count)
    await usersAre(1)
    await page.evaluate(() => (window as unknown as HostWindow).kit.dialpadService.initiateCall('(555) 123-4567'))
    expect((await received(page)).map(({ payload }) => payload?.phone_number)).toEqual(['+15551234567'])
    expect(
      await page.evaluate(() => (window as unknown as HostWindow).kit.dialpadService.getAuthenticationStatus()),
    ).toEqual({ authenticated: true, userId: 5000 })

    await page.evaluate(() => (window as unknown as HostWindow).kit.dialpadService.destroy())
    expect(await page.locator('iframe').count()).toBe(0)
    expect(await initialize()).toBe('shown')
    await usersAre(2)
    await press(page, 'logout')
    await usersAre(3)
    expect(await page.evaluate(() => (window as unknown as HostWindow).users)).toEqual([5000, 5000, null])
    await context.close()
  })
})
