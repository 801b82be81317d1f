import { afterAll, beforeAll, describe, setDefaultTimeout } from 'bun:test'
import { accessSync, constants } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { stopWithRun } from './run-wide'

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const executable = CANDIDATES.find((path) => {
  try {
    if (path) accessSync(path, constants.X_OK)
    return Boolean(path)
  } catch {
    return false
  }
})

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** A fresh profile of the machine's Chromium. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable!, headless: true, args: FLAGS })

/** A browser tab whose script errors, blocked resources and outside requests are kept. */
export interface WatchedPage {
  page: Page
  problems: string[]
}

export async function watchedPage(context: BrowserContext): Promise<WatchedPage> {
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) problems.push(message.text())
  })
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (/^(https?|wss?):$/.test(protocol) && hostname !== 'localhost' && !hostname.startsWith('127.'))
      problems.push(`request to ${hostname}`)
  })
  return { page, problems }
}

let shared: Browser | undefined
/** The Chromium of this process: one serves every suite, for a context shares nothing with another. */
async function sharedBrowser(): Promise<Browser> {
  if (!shared?.isConnected()) {
    const launched = await launchBrowser()
    shared = launched
    stopWithRun(() => launched.close())
  }
  return shared
}

/** A suite with a Chromium; without a Chromium its title says why it is skipped. */
export function describeInBrowser(title: string, suite: (browser: () => Browser) => void): void {
  if (!executable) {
    describe.skip(`${title} (skipped: no Chromium at ${CANDIDATES.filter(Boolean).join(', ')}; set CHROMIUM_PATH)`, () =>
      suite(() => {
        throw new Error('no Chromium')
      }))
    return
  }
  setDefaultTimeout(30_000)
  describe(title, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      browser = await sharedBrowser()
    }, 60_000)
    afterAll(async () => {
      for (const context of browser?.contexts() ?? []) await context.close()
    })
    suite(() => browser!)
  })
}
