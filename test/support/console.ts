import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { CONSOLE_HEADER } from '../../src/auth/console-sessions'
import { type Contexts, type WatchedPage, watchedPage } from './browser'
import type { BrowserServer } from './browser-server'

/** Opens the console at its first page, or at `path`, as somebody who is logged in. */
export async function login(server: BrowserServer, page: Page, path = ''): Promise<void> {
  const answer = await page.context().request.post(`${server.url}/console/session`, {
    headers: { [CONSOLE_HEADER]: '1' },
    data: { secret: server.adminSecret },
  })
  if (!answer.ok()) throw new Error(`the login was refused: ${answer.status()} ${await answer.text()}`)
  await page.goto(`${server.url}/console${path && `/${path}`}`)
  await page.locator('nav[aria-label=Console]').waitFor({ state: 'attached' })
}

/** Logs in by the form, which stands at the address that was asked for. */
export async function loginByForm(server: BrowserServer, page: Page, path = ''): Promise<void> {
  await page.goto(`${server.url}/console${path && `/${path}`}`)
  await page.getByLabel('Admin secret').fill(server.adminSecret)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('nav[aria-label=Console]').waitFor({ state: 'attached' })
}

/** Waits until the page shows what it loads. */
export const settled = (page: Page) =>
  page.waitForFunction(() => document.querySelector('main h1') !== null && !document.querySelector('.loading'))

/** Opens a page of the console in a context of its own, as somebody who is logged in, and waits until it shows what it loads. */
export async function openConsole(
  browser: Contexts,
  server: BrowserServer,
  path = '',
  options: BrowserContextOptions = {},
): Promise<WatchedPage & { context: BrowserContext }> {
  const context = await browser.newContext(options)
  const watched = await watchedPage(context)
  await login(server, watched.page, path)
  await settled(watched.page)
  return { context, ...watched }
}

/** Goes to a page as the links of the console do, which costs a third of loading the console again. @returns its heading. */
export async function turnTo(page: Page, path: string): Promise<string> {
  const heading = page.locator('main h1')
  const before = await heading.textContent()
  await page.evaluate((path) => {
    history.pushState(null, '', `/console${path && `/${path}`}`)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)
  await page.waitForFunction((before) => document.querySelector('main h1')?.textContent !== before, before)
  await settled(page)
  return (await heading.textContent())!
}

/** Loads a page of the console and waits until it shows what it loads. */
export async function show(server: BrowserServer, page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}/console/${path}`)
  await settled(page)
}
/** Copies of one conversation, each a second earlier and with its own number, written straight into the database. */
export async function addConversations(server: BrowserServer, appId: string, count: number): Promise<void> {
  const { database } = server.services
  const { calls, conversations } = database.tables
  const [call] = await database.queries.select().from(calls).limit(1)
  const [conversation] = await database.queries.select().from(conversations).limit(1)
  const at = Date.now() - 86_400_000
  for (let first = 0; first < count; first += 100) {
    const numbers = Array.from({ length: Math.min(100, count - first) }, (_, index) => first + index)
    const rows = numbers.map((number) => ({
      id: Bun.randomUUIDv7(),
      startedAt: at - number * 1000,
      externalNumber: `+1555${String(2_000_000 + number)}`,
      dialpadCallId: 4_500_000_000_000_000 + number,
    }))
    await database.queries.insert(conversations).values(
      rows.map(({ id, startedAt, externalNumber }) => ({
        ...conversation!,
        appId,
        id,
        startedAt,
        externalNumber,
        fromNumber: externalNumber,
        contact: null,
        direction: 'inbound' as const,
      })),
    )
    await database.queries.insert(calls).values(
      rows.map(({ id, startedAt, externalNumber, dialpadCallId }) => ({
        ...call!,
        appId,
        id,
        conversationId: id,
        dialpadCallId,
        startedAt,
        externalNumber,
        fromNumber: externalNumber,
        direction: 'inbound' as const,
      })),
    )
  }
}
