import { createHmac } from 'node:crypto'
import { SignJWT } from 'jose'
import { type RunningServer, type ServerOptions, startServer } from '../../src/app/server'
import { type Config, readConfig } from '../../src/config/settings'
import { createManualJobs } from './manual-jobs'
import { scratchDir } from './scratch'
import { until } from './until'

export const ADMIN_SECRET = 'test-admin-secret-of-more-than-32-characters'
export const WEBHOOK_SECRET = 'test-webhook-secret'

export function testConfig(databaseUrl: string, settings: Record<string, string> = {}): Config {
  const dataDir = scratchDir('data')
  return readConfig(
    {
      NODE_ENV: 'test',
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
      RATE_LIMIT_API: '100000',
      RATE_LIMIT_INTERNAL: '100000',
      RATE_LIMIT_AUTH: '100000',
      ...settings,
    },
    () => {
      throw new Error('a test configures its own secrets')
    },
  )
}

/** Signs a payload as Dialpad does: the compact JWT is the body. */
export const sign = (payload: object, secret = WEBHOOK_SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT(payload as Record<string, unknown>)
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(new TextEncoder().encode(secret))

export const hmac = (body: string, secret = WEBHOOK_SECRET, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHmac('sha256', secret).update(body).digest(encoding)

interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

export interface TestServer extends RunningServer {
  /** Sends a request; a plain object becomes the JSON body. */
  request(method: string, path: string, options?: { headers?: Record<string, string>; body?: unknown }): Promise<Answer>
  get(path: string, apiKey?: string): Promise<Answer>
  admin(method: string, path: string, body?: unknown): Promise<Answer>
  /** @param orgId the Dialpad organization whose events on the shared route are the app's, however many apps there are. */
  createApp(name: string, orgId?: number): Promise<{ appId: string; apiKey: string }>
  /** Delivers an event on the shared route, signed as a JWT. */
  deliver(payload: object): Promise<Answer>
  /** Resolves when every event that was received is processed. */
  settle(): Promise<void>
  /** Runs what the server does by the clock, once; here nothing runs by itself. */
  runJob(name: string): Promise<void>
}

/** What a server does slowly by intention, done quickly. */
export const quickWork = { keyHashCost: 4, dialpadRetryDelayMs: () => 10 } satisfies ServerOptions

/** The whole server on a free port, over real HTTP. */
export async function startTestServer(
  databaseUrl: string,
  settings: Record<string, string> = {},
  options: Pick<ServerOptions, 'clock' | 'timers'> = {},
): Promise<TestServer> {
  const jobs = createManualJobs()
  const running = await startServer(testConfig(databaseUrl, settings), {
    schedule: jobs.schedule,
    ...quickWork,
    ...options,
  })

  async function request(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Answer> {
    const json = typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as string) }),
    })
    const text = await response.text()
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  const admin = (method: string, path: string, body?: unknown) =>
    request(method, path, { headers: { authorization: `Bearer ${ADMIN_SECRET}` }, body })

  return {
    ...running,
    request,
    get: (path, apiKey) => request('GET', path, apiKey ? { headers: { 'x-app-api-key': apiKey } } : {}),
    admin,
    async createApp(name, orgId) {
      const { body } = await admin('POST', '/internal/apps', { name })
      if (orgId !== undefined) await running.services.apps.update(body.app_id, { orgId })
      return { appId: body.app_id, apiKey: body.api_key }
    },
    deliver: async (payload) => request('POST', '/webhooks/dialpad', { body: await sign(payload) }),
    async settle() {
      const { processor, queue } = running.services.events
      const isPending = ({ status, count }: { status: string; count: number }) => status === 'pending' && count > 0
      // By the server's own processor: a second one beside it would change the order of entries.
      processor.wake()
      await until('every event to be processed', async () => !(await queue.stats()).some(isPending))
    },
    runJob: jobs.run,
  }
}
