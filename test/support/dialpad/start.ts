import { Refused, refusal } from './answer'
import { callRoutes, createCalls, type NewCall } from './calls'
import { createDeliveries } from './deliveries'
import { endpointRoutes } from './endpoints'
import { createFaults, failing } from './faults'
import { serveMedia } from './media'
import { createOAuth, OAuthRefused } from './oauth'
import { peopleRoutes } from './people'
import { createRateLimits } from './rate-limits'
import { createRouter } from './routing'
import { createSockets, type SocketData } from './sockets'
import { createState } from './state'

export interface DialpadOptions {
  /** Epoch ms by which tokens, codes and sockets expire and calls are dated. */
  clock?: () => number
  apiKey?: string
  clientId?: string
  clientSecret?: string
  redirectUris?: string[]
  accessTokenSeconds?: number
  /** Calls on one page of `GET /call`. */
  pageSize?: number
  /** Waits between delivery attempts; really waits unless a test passes its own. */
  wait?: (ms: number) => Promise<void>
  deliveryContentType?: string
  /** Counts requests as Dialpad does, on the wall clock. */
  rateLimits?: boolean
  port?: number
}

export type Dialpad = ReturnType<typeof startDialpad>

/**
 * A local server that behaves like Dialpad where the CTI server touches it: OAuth, REST, deliveries, websockets, media.
 * It knows nothing of the server under test; it is the other side.
 */
export function startDialpad(options: DialpadOptions = {}) {
  const apiKey = options.apiKey ?? 'dialpad-api-key'
  const state = createState(options.clock ?? Date.now)
  const faults = createFaults()
  const sockets = createSockets(state)
  const limits = createRateLimits(() => performance.now())
  const client = {
    clientId: options.clientId ?? 'client-id',
    clientSecret: options.clientSecret ?? 'client-secret',
    redirectUris: options.redirectUris ?? [],
  }
  const oauth = createOAuth(state, client, { accessTokenSeconds: options.accessTokenSeconds ?? 3600 })
  const deliveries = createDeliveries(
    state,
    { wait: options.wait ?? Bun.sleep, contentType: options.deliveryContentType ?? 'application/jwt' },
    sockets.send,
  )
  const calls = createCalls(state, deliveries.deliver)
  const route = createRouter(state, [
    ...endpointRoutes(state, sockets),
    ...callRoutes(state, calls, { pageSize: options.pageSize ?? 50 }),
    ...peopleRoutes(state, deliveries.deliver),
  ])

  async function serve(request: Request, url: URL, body: unknown): Promise<Response> {
    if (url.pathname === '/oauth2/authorize' && request.method === 'GET') return oauth.authorize(url.searchParams)
    if (url.pathname === '/oauth2/token' && request.method === 'POST')
      return oauth.exchange(body as Record<string, string>, request.headers.get('authorization'))
    const bearer = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
    if (url.pathname === '/oauth2/deauthorize' && request.method === 'POST') return oauth.deauthorize(bearer)
    const scopes = bearer === apiKey ? ('all' as const) : oauth.scopesOf(bearer)
    if (scopes === null) throw new Refused(401, 'Invalid credentials')
    if (url.pathname.startsWith('/blob/')) {
      if (scopes !== 'all' && !scopes.includes('recordings_export')) throw new Refused(403, 'The token lacks a scope')
      return serveMedia(state, url.pathname, request.headers.get('range'))
    }
    const line = `${request.method} ${url.pathname}`
    if (options.rateLimits ?? true) limits.check(line, String((body as { user_id?: unknown } | undefined)?.user_id))
    return route(line, Object.fromEntries(url.searchParams), body, scopes)
  }

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const body = await readBody(request)
    const line = `${request.method} ${url.pathname}`
    const answered = () => serve(request, url, body).catch(refused)
    const fault = faults.take(line)
    const response = fault ? await failing(fault, answered) : await answered()
    state.requests.push({
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body,
      status: response.status,
    })
    return response
  }

  const listen = (port: number) =>
    Bun.serve<SocketData>({
      hostname: '127.0.0.1',
      port,
      fetch(request, server) {
        const token = /^\/events\/([^/]+)$/.exec(new URL(request.url).pathname)?.[1]
        if (token === undefined) return handle(request)
        const data = sockets.admit(token)
        if (!data) return new Response('token expired', { status: 403 })
        return server.upgrade(request, { data }) ? undefined : new Response('upgrade required', { status: 426 })
      },
      error: (error) => new Response(error.message, { status: 500 }),
      websocket: {
        open: (socket) => void sockets.open.add(socket),
        message: () => {},
        close: (socket) => void sockets.open.delete(socket),
      },
    })
  let server = listen(options.port ?? 0)
  const port = server.port!
  state.url = `http://127.0.0.1:${port}`

  return {
    url: state.url,
    apiKey,
    ...client,
    state,
    oauth,
    calls,
    deliveries,
    sockets,
    faults,
    /** Begins a call; each step of the answer changes it and delivers its event. */
    call: (call?: NewCall) => calls.start(call),
    deliver: deliveries.deliver,
    /** Requests that were served, newest last, optionally those of one `METHOD /path`. */
    requests: (on?: RegExp) => state.requests.filter(({ method, path }) => !on || on.test(`${method} ${path}`)),
    allowRedirectTo: (uri: string) => void client.redirectUris.push(uri),
    /** Dialpad cannot be reached until `comeBack`. */
    goAway: () => server.stop(true),
    comeBack(): void {
      server = listen(port)
    },
    async stop(): Promise<void> {
      await server.stop(true)
    },
  }
}

async function readBody(request: Request): Promise<unknown> {
  const text = await request.text()
  if (text === '') return undefined
  if (request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function refused(error: unknown): Response {
  if (error instanceof Refused) return refusal(error)
  if (error instanceof OAuthRefused) return Response.json({ error: error.error }, { status: error.status })
  console.error(error)
  return refusal(new Refused(500, String(error)))
}
