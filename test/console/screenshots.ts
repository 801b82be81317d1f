/**
 * Takes pictures of every page of the console and the kit, empty and full, desktop and phone, light and dark, for people to
 * look at: `bun run screenshots [folder] [page …]`. `bun run screenshots --docs` takes those of the documentation.
 * Nothing here is compared by a machine.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { launchBrowser } from '../support/browser'
import { type BrowserServer, startBrowserServer } from '../support/browser-server'
import { addBusyDays } from '../support/console-busy-days'
import { fillConsole } from '../support/console-data'
import { startDialpad } from '../support/dialpad/start'
import { miniDialerFrame, press, startMiniDialer } from '../support/mini-dialer'
import { until } from '../support/until'
import { startWebhookReceiver } from '../support/webhook-receiver'

const forDocs = process.argv.includes('--docs')
const [folder = 'screenshots', ...only] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const IMAGES = join(import.meta.dir, '../../docs/images')

const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 375, height: 740 } }
const PAGES = 'overview calls messages voicemails customers users apps dialpad endpoints events system'.split(' ')

interface Shot {
  name: string
  take: (page: Page) => Promise<unknown>
}

const dialer = await startMiniDialer()
const dialpad = startDialpad({ wait: async () => {} })
const receiver = startWebhookReceiver()
const full = await startBrowserServer({
  DIALPAD_BASE_URL: dialpad.url,
  DIALPAD_API_KEY: dialpad.apiKey,
  PUBLIC_URL: 'https://cti.example.com',
})
const bare = await startBrowserServer()
const empty = await startBrowserServer()
await empty.createApp('Field service CRM')
const embedding = await startBrowserServer({
  DIALPAD_BASE_URL: dialer.origin,
  DIALPAD_CTI_CLIENT_ID: 'client-logged-in',
})
const browser = await launchBrowser()
const app = await fillFull()
const embedded = await fillConsole(embedding)

async function fillFull(): Promise<{ app_id: string; endpoint: string }> {
  const { app_id } = await fillConsole(full)
  await addBusyDays(full, app_id)
  await full.call('POST', `/internal/webhooks/create?app_id=${app_id}`, {})
  const base = `/internal/apps/${app_id}/endpoints`
  const body = { url: receiver.url, description: 'Field service CRM: jobs', since: 0 }
  const { endpoint, secret } = await full.call<{ endpoint: { id: string }; secret: string }>('POST', base, body)
  receiver.secret = secret
  await full.call('POST', base, { url: 'http://127.0.0.1:9/closed', description: '現場サービス', since: 0 })
  await full.call('POST', '/internal/backups')
  await until('the backup', async () => {
    const { backups } = await full.call<{ backups: unknown[] }>('GET', '/internal/backups')
    return backups.length > 0
  })
  return { app_id, endpoint: endpoint.id }
}

async function login(page: Page, server: BrowserServer): Promise<void> {
  await page.goto(`${server.url}/console`)
  await page.getByLabel('Admin secret').fill(server.adminSecret)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('.frame').waitFor()
}

async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('.loading') && document.querySelector('h1'))
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(350)
}

const on = (server: BrowserServer, path: string) => (page: Page) => page.goto(`${server.url}/console/${path}`)

const shots: Record<'full' | 'empty' | 'bare', Shot[]> = {
  bare: [
    { name: 'first-run', take: on(bare, '') },
    { name: 'no-app', take: on(bare, 'calls') },
  ],
  empty: [{ name: 'live', take: on(empty, '') }, ...PAGES.map((name) => ({ name, take: on(empty, name) }))],
  full: [
    { name: 'live', take: on(full, '') },
    ...PAGES.map((name) => ({ name, take: on(full, name) })),
    { name: 'system-day', take: on(full, 'system?range=day') },
    { name: 'thread', take: on(full, `messages/${encodeURIComponent('+81355550123')}`) },
    { name: 'thread-rtl', take: on(full, `messages/${encodeURIComponent('+97145550166')}`) },
    { name: 'endpoint', take: on(full, `endpoints/${app.endpoint}`) },
    {
      name: 'conversation',
      async take(page) {
        await on(full, 'calls')(page)
        await page.locator('.row-link', { hasText: 'Casey Customer' }).first().click()
        await page.locator('.timeline').waitFor()
      },
    },
    {
      name: 'call-back-dialog',
      async take(page) {
        await on(full, 'voicemails')(page)
        await page.getByRole('button', { name: 'Call back' }).first().click()
        await page.getByLabel('User who calls').waitFor()
      },
    },
    {
      name: 'event-dialog',
      async take(page) {
        await on(full, 'events')(page)
        await page.locator('tbody .link').first().click()
        await page.getByText('Payload').waitFor()
      },
    },
    {
      name: 'confirm-dialog',
      async take(page) {
        await on(full, 'apps')(page)
        await page.getByRole('button', { name: 'Revoke the key' }).first().click()
      },
    },
  ],
}

async function takeAll(context: BrowserContext, server: BrowserServer, some: Shot[], label: string, whole: boolean) {
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  await page.goto(`${server.url}/console`)
  await settled(page)
  if (only.length === 0 || only.includes('login')) await page.screenshot({ path: join(folder, `login-${label}.png`) })
  await login(page, server)
  for (const { name, take } of some) {
    if (only.length > 0 && !only.includes(name)) continue
    const path = join(folder, `${name}-${label}.png`)
    try {
      await take(page)
      await settled(page)
      await page.screenshot({ path, fullPage: whole && !name.endsWith('dialog') })
      console.log(path)
    } catch (error) {
      process.exitCode = 1
      console.error(`${path}: ${(error as Error).message}`)
    }
  }
  await page.close()
}

async function takeExample(page: Page): Promise<void> {
  await page.goto(`${embedding.url}/sdk/example`)
  await page.getByLabel('Client token or API key').fill(embedded.api_key)
  await page.getByRole('button', { name: 'Connect' }).click()
  await page.getByText('Jobs today').waitFor()
  await miniDialerFrame(page)
  await press(page, 'ring', 4_200_000_000_000_000, '+15557654321')
  await page.locator('.cti-panel[data-open=true] .cti-card-name').first().waitFor()
}

async function takeEveryPage(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 })
      const label = `${size}-${colorScheme}`
      await takeAll(context, full, shots.full, label, true)
      await takeAll(context, empty, shots.empty, `empty-${label}`, false)
      await takeAll(context, bare, shots.bare, label, false)
      if (only.length === 0 || only.includes('example')) {
        const page = await context.newPage()
        await takeExample(page)
        await page.screenshot({ path: join(folder, `example-${label}.png`) })
      }
      await context.close()
    }
}

/** Half the size of a PNG, and no difference to see: the browser is the encoder. */
async function asWebp(context: BrowserContext, png: Buffer): Promise<Uint8Array> {
  const page = await context.newPage()
  const encoded = await page.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob())
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 })
    return [...new Uint8Array(await blob.arrayBuffer())]
  }, png.toString('base64'))
  await page.close()
  return new Uint8Array(encoded)
}

/** Those that stand in the README and the documentation. */
async function takeForDocs(): Promise<void> {
  const pictures: [file: string, name: string, colorScheme: 'light' | 'dark', height: number][] = [
    ['console-live', 'live', 'light', 780],
    ['console-overview', 'overview', 'light', 820],
    ['console-system', 'system-day', 'dark', 820],
  ]
  for (const [file, name, colorScheme, height] of pictures) {
    const context = await browser.newContext({ viewport: { width: 1280, height }, colorScheme })
    const page = await context.newPage()
    await login(page, full)
    await shots.full.find((shot) => shot.name === name)!.take(page)
    await settled(page)
    const path = join(IMAGES, `${file}.webp`)
    await Bun.write(path, await asWebp(context, await page.screenshot()))
    console.log(path)
    await context.close()
  }
}

await (forDocs ? takeForDocs() : takeEveryPage())
await browser.close()
await Promise.all([
  full.stop(),
  empty.stop(),
  bare.stop(),
  embedding.stop(),
  dialer.stop(),
  dialpad.stop(),
  receiver.stop(),
])
process.exit()
