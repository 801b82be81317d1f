import type { Frame, Page } from 'playwright-core'
import type { MiniDialer } from './mini-dialer-page'

const PAGE = `<!doctype html><html lang="en"><title>Dialpad</title>
<body style="margin:0;font:14px system-ui;background:#fff;color:#111"><h1 style="font-size:16px;margin:12px">Dialpad</h1>
<p style="margin:12px">The Mini Dialer, played by a test page.</p><script src="/mini-dialer.js"></script></body></html>`

/** An HTTP server of another origin that serves a Mini Dialer and tells of the calls placed in it. */
export async function startMiniDialer(
  onCall: (call: { phone_number: string; custom_data?: string }) => void = () => {},
) {
  const built = await Bun.build({ entrypoints: [`${import.meta.dir}/mini-dialer-page.ts`], target: 'browser' })
  const script = await built.outputs[0]!.text()
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname.startsWith('/apps/')) return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
      if (pathname === '/mini-dialer.js')
        return new Response(script, { headers: { 'content-type': 'text/javascript' } })
      if (pathname === '/calls' && request.method === 'POST') {
        onCall((await request.json()) as { phone_number: string })
        return new Response(null, { status: 204 })
      }
      return new Response(null, { status: 404 })
    },
  })
  return { origin: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) }
}

/** The Mini Dialer's frame, once its script runs. */
export async function miniDialerFrame(page: Page): Promise<Frame> {
  const element = await page.waitForSelector('iframe[title=Dialpad]', { state: 'attached' })
  const frame = (await element.contentFrame())!
  await frame.waitForFunction(() => 'miniDialer' in window)
  return frame
}

/** Presses a button of the Mini Dialer. */
export const press = async <M extends 'login' | 'logout' | 'ring' | 'stopRinging' | 'notify'>(
  page: Page,
  method: M,
  ...args: Parameters<MiniDialer[M]>
): Promise<void> => {
  const frame = await miniDialerFrame(page)
  await frame.evaluate(
    ([method, args]) => {
      const { miniDialer } = window as unknown as { miniDialer: Record<string, (...args: unknown[]) => void> }
      miniDialer[method as string]!(...(args as unknown[]))
    },
    [method, args] as const,
  )
}

/** What the page has asked of the Mini Dialer so far. */
export const received = async (page: Page): Promise<MiniDialer['received']> =>
  (await miniDialerFrame(page)).evaluate(() => (window as unknown as { miniDialer: MiniDialer }).miniDialer.received)
