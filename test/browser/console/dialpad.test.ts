import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { BrowserContext } from 'playwright-core'
import { expectAccessible, expectNoFindings } from '../../support/axe'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, startBrowserServer } from '../../support/browser-server'
import { type Dialpad, startDialpad } from '../../support/dialpad/start'
import { freePort } from '../../support/free-port'
import { silence } from '../../support/silence'
import { until } from '../../support/until'

describeInBrowser('an operator connects Dialpad in the console', (browser) => {
  let dialpad: Dialpad
  let server: BrowserServer
  let context: BrowserContext
  let appId: string
  beforeAll(async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    dialpad = startDialpad({ wait: async () => {}, redirectUris: [`${url}/auth/dialpad/callback`] })
    server = await startBrowserServer({
      PORT: String(port),
      DIALPAD_BASE_URL: dialpad.url,
      DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
      DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
      PUBLIC_URL: url,
    })
  })
  // Every test begins with an app that Dialpad does not know; its deletion ends what it has at Dialpad.
  beforeEach(async () => {
    appId = (await server.createApp('CRM')).app_id
  })
  afterAll(async () => {
    await server?.stop()
    await dialpad?.stop()
  })
  afterEach(async () => {
    await context.close()
    await server.call('DELETE', `/internal/apps/${appId}`)
  })
  const connectAndSubscribe = async () => {
    const { url } = await server.call<{ url: string }>('POST', `/internal/apps/${appId}/dialpad/connect-link`)
    expect(await (await fetch(url)).json()).toMatchObject({ status: 'connected' })
    await server.call('POST', `/internal/webhooks/create?app_id=${appId}`, {})
  }

  test('consents by the one-time link, subscribes, checks, sees a real call and plays its recording', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await page.goto(`${server.url}/console/dialpad`)
    await page.getByLabel('Admin secret').fill(server.adminSecret)
    await page.getByRole('button', { name: 'Log in' }).click()

    await page.getByRole('button', { name: 'Connect the account' }).click()
    const consent = context.waitForEvent('page')
    await page.getByRole('link', { name: 'connect at Dialpad' }).click()
    await (await consent).getByText(/is connected/).waitFor()
    await (await consent).close()
    await page.reload()
    await page.getByText('connected', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Create', exact: true }).click()
    const card = page.getByRole('article')
    await card.getByText('waiting').waitFor()
    await card.getByRole('button', { name: 'Check' }).click()
    await card.getByText('reachable').waitFor()
    expect(await card.getByText('failed', { exact: true }).count()).toBe(0)
    await card.getByRole('button', { name: '+ agent status' }).click()
    await card.getByRole('button', { name: 'Remove the subscription to agent status' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the subscription' }).click()
    await card.getByRole('button', { name: '+ agent status' }).waitFor()
    await page.getByRole('button', { name: 'Compare and repair' }).click()
    await page.getByText('No repairs were needed').waitFor()
    await expectAccessible(page)

    await page.getByRole('link', { name: 'Live', exact: true }).click()
    await page.locator('main h1', { hasText: 'Live' }).waitFor()
    const call = dialpad.call()
    await call.ring()
    await page.locator('.call-card[data-status=ringing]').waitFor()
    await call.connect()
    await page.locator('.call-card[data-status=active]').waitFor()
    await call.hangup()
    await call.recorded(silence(), 'audio/wav')
    await page.locator('.ticker a').first().click()
    const play = page.getByRole('button', { name: /^Play the recording/ })
    await until('the recording to be known', async () => (await play.count()) > 0, 8000)
    await play.click()
    await page.locator('audio').waitFor()
    await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) === 1)
    await expectAccessible(page)
  }, 60_000)

  test('replies to a text as one of the Dialpad users; what Dialpad refuses stays in the field', async () => {
    await connectAndSubscribe()
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await page.goto(`${server.url}/console/messages/${encodeURIComponent('+15555550142')}`)
    await page.getByLabel('Admin secret').fill(server.adminSecret)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByLabel('Send as').selectOption('Cleo Agent')
    dialpad.faults.add({ on: /^POST \/api\/v2\/sms$/, times: 1, status: 400 })
    const reply = page.getByLabel('Reply')
    await reply.fill('On our way')
    await page.keyboard.press('Control+Enter')
    await page.locator('.reply [role=alert]').waitFor()
    expect(await reply.inputValue()).toBe('On our way')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('.bubble[data-direction=outbound]', { hasText: 'On our way' }).waitFor()
    expect(await reply.inputValue()).toBe('')
    const cleo = dialpad.state.users.find(({ display_name }) => display_name === 'Cleo Agent')!
    expect(dialpad.requests(/^POST \/api\/v2\/sms$/).at(-1)!.body).toMatchObject({
      to_numbers: ['+15555550142'],
      user_id: cleo.id,
    })
    // More than one page of users: whoever is not on it is found by a search, and stays chosen.
    const colleagues = Array.from({ length: 150 }, (_, index) => ({
      ...cleo,
      id: dialpad.state.nextId(),
      display_name: `Colleague ${index}`,
      emails: [`colleague${index}@example.com`],
      phone_numbers: [`+1415555${2000 + index}`],
    }))
    dialpad.state.users.push(...colleagues)
    await page.reload()
    const sender = page.getByLabel('Send as')
    const find = page.getByLabel('Find a user')
    await find.waitFor()
    expect(await sender.locator('option', { hasText: 'Colleague 149' }).count()).toBe(0)
    await find.fill('ague 149')
    await sender.selectOption('Colleague 149')
    await page.reload()
    await page.waitForFunction(() => document.querySelector('.reply option:checked')?.textContent === 'Colleague 149')
    await reply.fill('I am here')
    await page.keyboard.press('Control+Enter')
    await page.locator('.bubble[data-direction=outbound]', { hasText: 'I am here' }).waitFor()
    expect(dialpad.requests(/^POST \/api\/v2\/sms$/).at(-1)!.body).toMatchObject({ user_id: colleagues[149]!.id })
    dialpad.state.users.splice(-colleagues.length)
    await expectNoFindings(page)
  }, 60_000)

  test('shows on every page that a subscription was disabled at Dialpad, and repairs it', async () => {
    await connectAndSubscribe()
    for (const one of dialpad.state.subscriptions.values()) Object.assign(one, { enabled: false })
    const checked = await fetch(`${server.url}/internal/dialpad/troubles/check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.adminSecret}` },
    })
    const { troubles } = (await checked.json()) as { troubles: { code: string; message: string }[] }
    expect(troubles.map(({ code }) => code)).toContain('dialpad_subscription_disabled')
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await page.goto(`${server.url}/console/calls`)
    await page.getByLabel('Admin secret').fill(server.adminSecret)
    await page.getByRole('button', { name: 'Log in' }).click()
    const banners = page.locator('.banners')
    await banners.getByText(troubles[0]!.message).waitFor()
    await banners.getByRole('link', { name: 'Dialpad' }).first().click()
    await page.locator('main').getByText(troubles[0]!.message).last().waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Compare and repair' }).click()
    await banners.getByText(troubles[0]!.message).waitFor({ state: 'detached' })
    expect([...dialpad.state.subscriptions.values()].every(({ enabled }) => enabled)).toBe(true)
  }, 60_000)
})
