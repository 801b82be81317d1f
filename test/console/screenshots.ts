/**
 * Photographs every page of the console and the kit, light and dark, wide and phone, so that people can look at them:
 * `bun test/console/screenshots.ts [folder] [page …]`. Nothing here is compared by a machine.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../support/browser'
import { startBrowserServer } from '../support/browser-server'
import { fillConsole } from '../support/console-data'
import { startDialpad } from '../support/dialpad/start'
import { miniDialerFrame, press, startMiniDialer } from '../support/mini-dialer'

const [folder = 'screenshots', ...only] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

const PAGES = ['', 'calls', 'messages', 'voicemails', 'customers', 'users', 'apps', 'dialpad', 'events', 'system']
const SIZES = { wide: { width: 1280, height: 860 }, phone: { width: 375, height: 740 } }

const dialer = await startMiniDialer()
const dialpad = startDialpad({ wait: async () => {} })
const full = await startBrowserServer({
  DIALPAD_BASE_URL: dialpad.url,
  DIALPAD_API_KEY: dialpad.apiKey,
  PUBLIC_URL: 'https://cti.example.com',
})
const fresh = await startBrowserServer()
const embedding = await startBrowserServer({
  DIALPAD_BASE_URL: dialer.origin,
  DIALPAD_CTI_CLIENT_ID: 'client-logged-in',
})
const { app_id } = await fillConsole(full)
await full.call('POST', `/internal/webhooks/create?app_id=${app_id}`, {})
const app = await fillConsole(embedding)
const browser = await launchBrowser()

async function login(page: Page, server: typeof full): Promise<void> {
  await page.goto(`${server.url}/console`)
  await page.getByLabel('Admin secret').fill(server.adminSecret)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('.frame').waitFor()
}

async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('.loading'))
  // Two samples make the first line of a plot.
  if (page.url().endsWith('/system')) await page.waitForTimeout(6500)
  await page.waitForTimeout(250)
}

const steps: [name: string, take: (page: Page) => Promise<void>][] = [
  ['login', async (page) => void (await page.goto(`${full.url}/console`))],
  ['first-run', (page) => login(page, fresh)],
  ...PAGES.map((path): [string, (page: Page) => Promise<void>] => [
    path || 'live',
    async (page) => {
      await login(page, full)
      await page.goto(`${full.url}/console/${path}`)
    },
  ]),
  [
    'conversation',
    async (page) => {
      await login(page, full)
      await page.goto(`${full.url}/console/calls`)
      await page.locator('tbody tr').filter({ hasText: 'Casey Customer' }).nth(1).locator('.row-link').click()
      await page.locator('.timeline').waitFor()
    },
  ],
  [
    'event',
    async (page) => {
      await login(page, full)
      await page.goto(`${full.url}/console/events`)
      await page.locator('tbody .link').first().click()
    },
  ],
  [
    'rotate',
    async (page) => {
      await login(page, full)
      await page.goto(`${full.url}/console/apps`)
      await page.getByRole('button', { name: 'Revoke the key' }).first().click()
    },
  ],
  [
    'example',
    async (page) => {
      await page.goto(`${embedding.url}/sdk/example`)
      await page.getByLabel('Client token or API key').fill(app.api_key)
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByText('Jobs today').waitFor()
      await miniDialerFrame(page)
      await press(page, 'ring', 4_200_000_000_000_000, '+15557654321')
      await page.locator('.cti-panel[data-open=true] .cti-card-name').first().waitFor()
    },
  ],
]

for (const [size, viewport] of Object.entries(SIZES))
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [name, take] of steps) {
      if (only.length > 0 && !only.includes(name)) continue
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 })
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      const path = join(folder, `${name}-${size}-${colorScheme}.png`)
      try {
        await take(page)
        await settle(page)
        await page.screenshot({ path, fullPage: size === 'wide' && name !== 'example' })
        console.log(path)
      } catch (error) {
        process.exitCode = 1
        console.error(`${path}: ${(error as Error).message}`)
      }
      await context.close()
    }

await browser.close()
await Promise.all([full.stop(), fresh.stop(), embedding.stop(), dialer.stop(), dialpad.stop()])
process.exit()
