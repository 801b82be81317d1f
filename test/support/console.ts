import type { Page } from 'playwright-core'
import type { BrowserServer } from './browser-server'

/** Logs in at the console's first page, or at `path`: the login stands at the address that was asked for. */
export async function login(server: BrowserServer, page: Page, path = ''): Promise<void> {
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
