import type { Page } from 'playwright-core'
import { CONSOLE_HEADER } from '../../src/auth/console-sessions'
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

/** Goes to a page of the console and waits until it shows what it loads. */
export async function show(server: BrowserServer, page: Page, path: string): Promise<void> {
  await page.goto(`${server.url}/console/${path}`)
  await settled(page)
}
