import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expectAccessible, expectNoFindings, expectNoFindingsInBothSchemes, expectReadable } from '../../support/axe'
import { describeInBrowser, watchedPage } from '../../support/browser'
import { type BrowserServer, callEvent, startBrowserServer } from '../../support/browser-server'
import { login, loginByForm, openConsole, settled, show } from '../../support/console'
import { fillConsole } from '../../support/console-data'
import { until } from '../../support/until'

describeInBrowser('around every page of the console', (browser) => {
  let server: BrowserServer
  let app: { app_id: string }
  let context: BrowserContext
  beforeAll(async () => {
    server = await startBrowserServer()
    app = await fillConsole(server)
  }, 60_000)
  afterAll(() => server?.stop())
  afterEach(() => context.close())

  async function open(path = '', options: BrowserContextOptions = {}) {
    const opened = await openConsole(browser(), server, path, options)
    context = opened.context
    return opened.page
  }
  const focused = (page: Page) =>
    page.evaluate(
      () => document.activeElement?.id || document.activeElement?.textContent || document.activeElement?.tagName,
    )

  test('the login stands at the address that was asked for, and the app is named in it', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await loginByForm(server, page, 'customers?q=turing')
    await page.getByRole('heading', { name: 'Customers' }).waitFor()
    const { pathname, searchParams } = new URL(page.url())
    expect([pathname, searchParams.get('q'), searchParams.get('app')]).toEqual([
      '/console/customers',
      'turing',
      app.app_id,
    ])
    const other = await server.createApp('Another app')
    await page.reload()
    await page.locator('.app-switch select').selectOption('Another app')
    await page.getByText('No customers yet').waitFor()
    expect(new URL(page.url()).searchParams.get('app')).toBe(other.app_id)
    await page.getByRole('link', { name: 'Users' }).click()
    expect(new URL(page.url()).searchParams.get('app')).toBe(other.app_id)
    await page.goBack()
    await page.goBack()
    await page.getByText('Alan Turing').waitFor()
    expect(await page.locator('.app-switch select').inputValue()).toBe(app.app_id)
    await server.call('DELETE', `/internal/apps/${other.app_id}`)
  })

  test('a session that ends while a form is filled in keeps the input', async () => {
    const page = await open('users')
    await page.getByRole('textbox', { name: 'Dialpad user id' }).fill('777')
    await page.getByLabel('User id in your software').last().fill('rosa')
    await context.clearCookies()
    await page.locator('form.filters').getByRole('button', { name: 'Map' }).click()
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor()
    await expectNoFindings(page)
    await page.keyboard.press('Escape')
    await page.getByLabel('Admin secret').fill(server.adminSecret)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.getByRole('textbox', { name: 'Dialpad user id' }).inputValue()).toBe('777')
    await page.locator('form.filters').getByRole('button', { name: 'Map' }).click()
    await page.getByRole('cell', { name: 'rosa' }).waitFor()
  })

  test('the keyboard searches, goes to pages, lists its shortcuts and gets its focus back', async () => {
    const page = await open('customers')
    await page.keyboard.press('/')
    expect(await page.getByRole('searchbox').evaluate((field) => field === document.activeElement)).toBe(true)
    await page.keyboard.type('g c ?')
    expect(await page.getByRole('searchbox').inputValue()).toBe('g c ?')
    await page.locator('main').focus()
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    await page.getByRole('heading', { name: 'Calls', exact: true }).waitFor()
    expect(await focused(page)).toBe('main')
    await page.keyboard.press('?')
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor()
    await expectNoFindings(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.id === 'main')
    await page.getByRole('button', { name: /^Shortcuts/ }).click()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Shortcuts'))
  })

  test('the menu of a phone closes with Escape and gives its button the focus', async () => {
    const page = await open('calls', { viewport: { width: 390, height: 740 } })
    const menu = page.getByRole('button', { name: 'Menu' })
    await menu.click()
    await page.getByRole('link', { name: 'Customers' }).waitFor()
    await expectNoFindings(page)
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Customers' }).waitFor({ state: 'hidden' })
    expect(await menu.evaluate((button) => button === document.activeElement)).toBe(true)
  })

  test('ten-line names and HTML in every field stay text, in their place', async () => {
    const name = `<img src=x onerror="document.title='hacked'"> ${'A name of many words '.repeat(40)}`
    const word = 'Donaudampfschifffahrtsgesellschaft'.repeat(8)
    await server.know(app.app_id, {
      customers: [
        { external_id: word, name, phone: '+15553330001', email: `${word}@example.com`, url: 'javascript:alert(1)' },
        { external_id: 'rtl', name: 'محمد بن موسى الخوارزمي', phone: '+15553330002', url: 'https://example.com/٣' },
        { external_id: 'cjk', name: '華羅庚華羅庚華羅庚華羅庚華羅庚華羅庚', phone: '+15553330003' },
      ],
    })
    for (const [index, phone] of ['+15553330001', '+15553330002', '+15553330003'].entries())
      await server.deliver(
        callEvent('ringing', {
          call_id: 4_910_000_000_000_000 + index,
          at: Date.now(),
          external_number: phone,
          custom_data: JSON.stringify({ job_id: `<b>${word}</b>` }),
        }),
      )
    const page = await open('calls', { viewport: { width: 820, height: 1000 } })
    await page.locator('.row-link', { hasText: '<img src=x' }).waitFor()
    const height = (await page.locator('tbody', { hasText: '<img src=x' }).boundingBox())!.height
    expect(height).toBeLessThan(120)
    for (const path of ['calls', 'customers', 'users']) {
      await show(server, page, path)
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 820])
      expect(await page.locator('main img, main b').count()).toBe(0)
    }
    await show(server, page, 'calls')
    await page.locator('.row-link', { hasText: '<img src=x' }).click()
    await page.locator('.timeline').waitFor()
    expect(await page.locator('main a[href^="javascript:"]').count()).toBe(0)
    expect(await page.title()).not.toBe('hacked')
    await expectNoFindings(page)
  })

  test('every page works with a clock that is off by a day', async () => {
    context = await browser().newContext()
    const { page, problems } = await watchedPage(context)
    await page.clock.setFixedTime(Date.now() - 86_400_000)
    await login(server, page, 'calls')
    await settled(page)
    expect(await page.locator('.row-link').count()).toBeGreaterThan(5)
    await page.locator('.row-link').nth(3).click()
    await page.locator('.timeline').waitFor()
    expect(await page.locator('main').textContent()).not.toMatch(/Invalid|NaN/)
    expect(problems).toEqual([])
  })

  test('the first page, the login and Swagger are readable in light and in dark', async () => {
    context = await browser().newContext()
    const { page } = await watchedPage(context)
    await page.goto(server.url)
    await expectNoFindingsInBothSchemes(page)
    await page.goto(`${server.url}/console`)
    await expectNoFindingsInBothSchemes(page)
    await page.emulateMedia({ colorScheme: 'light' })
    page.setDefaultTimeout(60_000)
    // One operation of each method: a hundred of the same look cost ten seconds.
    await page.route('**/swagger/json', async (route) => {
      const document = (await (await route.fetch()).json()) as { paths: Record<string, object> }
      const methods = new Set<string>()
      const isFirst = ([method]: [string, unknown]) => !methods.has(method) && methods.add(method)
      for (const [path, operations] of Object.entries(document.paths))
        document.paths[path] = Object.fromEntries(Object.entries(operations).filter(isFirst))
      await route.fulfill({ json: document })
    })
    await page.goto(`${server.url}/swagger`)
    await page.locator('.opblock').first().waitFor()
    expect(await page.locator('.opblock').count()).toBe(5)
    const isDark = () => page.evaluate(() => document.documentElement.classList.contains('dark-mode'))
    expect(await isDark()).toBe(false)
    await expectAccessible(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await until('the page to follow the system', isDark)
    await expectReadable(page)
  }, 120_000)
})
