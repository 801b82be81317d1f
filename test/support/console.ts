import { sql } from 'drizzle-orm'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { CONSOLE_HEADER } from '../../src/auth/console-sessions'
import { type Contexts, type WatchedPage, watchedPage } from './browser'
import type { BrowserServer } from './browser-server'
import { copyId, copyNumber, copyRow } from './copied-rows'

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
  const number = sql`printf('+1555%07d', 2000000 + ${copyNumber})`
  const changes = {
    id: copyId,
    startedAt: sql`${Date.now() - 86_400_000} - 1000 * ${copyNumber}`,
    externalNumber: number,
    fromNumber: number,
  }
  const inbound = { appId, contact: null, direction: 'inbound' as const }
  await copyRow(database, conversations, { ...conversation!, ...inbound }, count, changes)
  await copyRow(database, calls, { ...call!, ...inbound, contact: call!.contact }, count, {
    ...changes,
    conversationId: copyId,
    dialpadCallId: sql`4500000000000000 + ${copyNumber}`,
  })
}
