import { afterAll, beforeAll, describe, setDefaultTimeout } from 'bun:test'
import { accessSync, constants } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { stopWithRun } from './run-wide'

/** The shell without windows comes first: it loads a page for half of what the whole browser needs. */
const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium-headless-shell',
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
    idle.length = 0
    stopWithRun(() => launched.close())
  }
  return shared
}

/** Contexts that a test has closed: emptied, they serve the next for less than a new one costs. */
const idle: BrowserContext[] = []

/** What changes a context for good: it is not used again. */
const LASTING = ['addInitScript', 'exposeBinding', 'exposeFunction', 'grantPermissions', 'setGeolocation'] as const
const LASTING_OF_CLOCK = ['install', 'pauseAt', 'setFixedTime', 'setSystemTime'] as const

/** A context that nobody has changed, with what every new one has; `close` gives it back. */
async function plainContext(browser: Browser): Promise<BrowserContext> {
  const used = idle.pop()
  if (used) return used
  const context = await browser.newContext()
  const end = context.close.bind(context)
  let isChanged = false
  const watch = <T extends object>(target: T, names: readonly (keyof T)[]) => {
    for (const name of names) {
      const original = (target[name] as (...args: unknown[]) => unknown).bind(target)
      const noted = (...args: unknown[]) => {
        isChanged = true
        return original(...args)
      }
      Object.assign(target, { [name]: noted })
    }
  }
  watch(context, LASTING)
  watch(context.clock, LASTING_OF_CLOCK)
  const origins = new Set<string>()
  context.on('page', (page) => {
    watch(page, ['addInitScript', 'exposeBinding', 'exposeFunction'])
    page.on('framenavigated', (frame) => origins.add(new URL(frame.url()).origin))
  })
  context.close = async () => {
    if (idle.includes(context)) return
    const pages = context.pages()
    // Without a page nothing can empty what its pages stored.
    if (isChanged || !pages[0] || !browser.isConnected()) return end()
    const devtools = await context.newCDPSession(pages[0])
    for (const origin of origins)
      if (origin !== 'null') await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
    origins.clear()
    for (const page of pages) await page.close()
    await context.unrouteAll()
    await context.setOffline(false)
    await context.clearCookies()
    idle.push(context)
  }
  return context
}

/** What a suite does with its Chromium. */
export type Contexts = Pick<Browser, 'newContext'>

const contextsOf = (browser: Browser): Contexts => ({
  newContext: (options = {}) =>
    Object.keys(options).length === 0 ? plainContext(browser) : browser.newContext(options),
})

/** A suite with a Chromium; without a Chromium its title says why it is skipped. */
export function describeInBrowser(title: string, suite: (browser: () => Contexts) => void): void {
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
    let contexts: Contexts | undefined
    beforeAll(async () => {
      browser = await sharedBrowser()
      contexts = contextsOf(browser)
    }, 60_000)
    afterAll(async () => {
      for (const context of browser?.contexts() ?? []) await context.close()
    })
    // Suites ask within their tests and hooks, which run after the one above.
    suite(() => contexts!)
  })
}
