import { createAdministrator } from './administrator'
import { Refused, refusal } from './answer'
import { type CallPlayer, createCallPlayer } from './call-player'
import { callRoutes } from './call-routes'
import { createCalls, type NewCall } from './calls'
import { createDeliveries } from './deliveries'
import { createEndpoints, endpointRoutes } from './endpoints'
import { createFaults, failing } from './faults'
import { isMediaPath, serveMedia } from './media'
import { bearerOf, createOAuth, OAuthRefused } from './oauth'
import { peopleRoutes } from './people'
import { createRateLimits } from './rate-limits'
import { shareLinkRoutes } from './recordings'
import { createRouter } from './routing'
import { has } from './scopes'
import { createSockets, type SocketData } from './sockets'
import { createState, SUBSCRIPTION_KINDS } from './state'
import { subscriptionRoutes } from './subscriptions'
import { transcriptRoutes } from './transcripts'

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
  /** Waits between delivery attempts; not at all unless given. */
  wait?: (ms: number) => Promise<void>
  deliveryContentType?: string
  /** Counts requests as Dialpad does, on the wall clock. */
  rateLimits?: boolean
  port?: number
}

export type Dialpad = ReturnType<typeof startDialpad>

/**
 * A local server that behaves like Dialpad where the CTI server touches it: OAuth, REST, deliveries, websockets, media.
 * It knows nothing of the server under test; it is the other side. It checks what it gets and gives against Dialpad's
 * published description.
 */
export function startDialpad(options: DialpadOptions = {}) {
  const apiKey = options.apiKey ?? 'dialpad-api-key'
  const state = createState(options.clock ?? Date.now)
  const faults = createFaults()
  const sockets = createSockets(state)
  const limits = createRateLimits(() => performance.now(), { enabled: options.rateLimits ?? true })
  const client = {
    clientId: options.clientId ?? 'client-id',
    clientSecret: options.clientSecret ?? 'client-secret',
    redirectUris: options.redirectUris ?? [],
  }
  const oauth = createOAuth(state, client, { accessTokenSeconds: options.accessTokenSeconds ?? 3600 })
  const endpoints = createEndpoints(state, sockets)
  const deliveries = createDeliveries(
    state,
    { wait: options.wait ?? (async () => {}), contentType: options.deliveryContentType ?? 'application/jwt' },
    sockets.send,
  )
  const calls = createCalls(state, deliveries.deliver)
  const route = createRouter(state, limits, [
    ...oauth.routes,
    ...endpointRoutes(endpoints),
    ...SUBSCRIPTION_KINDS.flatMap((kind) => subscriptionRoutes(state, endpoints, kind)),
    ...callRoutes(state, calls, { pageSize: options.pageSize ?? 50 }),
    ...shareLinkRoutes(state),
    ...transcriptRoutes(state),
    ...peopleRoutes(state, deliveries.deliver),
  ])

  async function serve(request: Request, url: URL, body: unknown): Promise<Response> {
    const authorization = request.headers.get('authorization')
    const bearer = bearerOf(authorization)
    const scopes = bearer === apiKey ? 'all' : oauth.scopesOf(bearer)
    if (isMediaPath(url.pathname)) {
      const allowed = scopes && has(state, scopes, 'recordings_export')
      return serveMedia(state, url.pathname, request.headers.get('range'), allowed)
    }
    if (!/^\/(api|oauth2)\//.test(url.pathname)) return new Response(LOST_PAGE, { status: 404, headers: HTML })
    if (scopes === null && !url.pathname.startsWith('/oauth2/')) throw new Refused(401, 'Invalid credentials')
    const line = `${request.method} ${url.pathname}`
    return route({ line, query: Object.fromEntries(url.searchParams), body, authorization }, scopes ?? [])
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

  const player = (call: ReturnType<typeof calls.find>): CallPlayer => createCallPlayer(state, calls, call)

  return {
    url: state.url,
    apiKey,
    ...client,
    state,
    oauth,
    calls: {
      /** Goes on with a call the server started. */
      resume: (id: number): CallPlayer => player(calls.find(id)),
      find: calls.find,
    },
    deliveries,
    sockets,
    faults,
    limits,
    administrator: createAdministrator(state, endpoints, oauth),
    /** Begins a call; each step of the answer changes it and delivers its event. */
    call: (call: NewCall = {}): CallPlayer => player(calls.create(call)),
    deliver: deliveries.deliver,
    /** Requests that were served, newest last, optionally those of one `METHOD /path`. */
    requests: (on?: RegExp) => state.requests.filter(({ method, path }) => !on || on.test(`${method} ${path}`)),
    allowRedirectTo: (uri: string) => void client.redirectUris.push(uri),
    /** What broke the description so far, for a test that breaks it on purpose: `stop` does not complain of it any more. */
    takeViolations: (): string[] => state.violations.splice(0),
    /** Dialpad cannot be reached until `comeBack`. */
    goAway: () => server.stop(true),
    comeBack(): void {
      server = listen(port)
    },
    /** @throws Error when a request or an answer broke the description. */
    async stop(): Promise<void> {
      await server.stop(true)
      const violations = state.violations.splice(0)
      if (violations.length > 0) throw new Error(`against Dialpad's published description:\n${violations.join('\n')}`)
    },
  }
}

const HTML = { 'content-type': 'text/html; charset=utf-8' }
const LOST_PAGE = '<!doctype html><html><head><title>Dialpad</title></head><body>Page not found</body></html>'

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
