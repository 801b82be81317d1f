import { SignJWT } from 'jose'
import { startServer } from '../../src/app/server'
import { readConfig } from '../../src/config/settings'
import { newId } from '../../src/lib/id'
import { createManualJobs } from './manual-jobs'
import { scratchDir } from './scratch'
import { quickWork } from './server'
import { until } from './until'

const ADMIN_SECRET = 'the-operators-admin-secret-of-these-tests'
const WEBHOOK_SECRET = 'the-webhook-secret-of-these-tests-only'

interface KnownCustomer {
  external_id: string
  name: string
  phone: string
  url?: string
  email?: string
}

/** The whole server on a free port over a new SQLite file, with what a test does from outside. */
export async function startBrowserServer(settings: Record<string, string> = {}, clock = Date.now) {
  const dataDir = scratchDir('browser')
  const config = readConfig(
    {
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      INTERNAL_API_SECRET: ADMIN_SECRET,
      DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
      RATE_LIMIT_INTERNAL: '100000',
      RATE_LIMIT_API: '100000',
      ...settings,
    },
    () => {
      throw new Error('every secret is given')
    },
  )
  const { schedule } = createManualJobs()
  let server = await startServer(config, { schedule, clock, ...quickWork })
  const ongoing = new Set<number>()
  const port = new URL(server.url).port

  async function call<T>(method: string, path: string, body?: unknown, apiKey?: string): Promise<T> {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey ?? ADMIN_SECRET}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    url: server.url,
    adminSecret: ADMIN_SECRET,
    get services() {
      return server.services
    },
    call,
    createApp: (name: string) => call<{ app_id: string; api_key: string }>('POST', '/internal/apps', { name }),

    /** The app's directory and user mappings, written straight into the database. */
    async know(appId: string, known: { customers?: KnownCustomer[]; users?: Record<number, string> }): Promise<void> {
      const { queries, tables } = server.services.database
      const stamps = { createdAt: Date.now(), updatedAt: Date.now() }
      for (const { external_id, name, phone, url, email } of known.customers ?? []) {
        const id = newId()
        const row = {
          id,
          appId,
          externalId: external_id,
          name,
          url: url ?? null,
          email: email ?? null,
          attributes: {},
          ...stamps,
        }
        await queries.insert(tables.customers).values(row)
        await queries.insert(tables.customerPhones).values({ customerId: id, appId, phone })
      }
      for (const [dialpadUserId, crmUserId] of Object.entries(known.users ?? {}))
        await queries
          .insert(tables.dialpadUserMappings)
          .values({ id: newId(), appId, dialpadUserId: Number(dialpadUserId), crmUserId, ...stamps })
    },

    /** Delivers an event as Dialpad does: its body is the signed JWT. */
    async deliver(payload: Record<string, unknown>): Promise<void> {
      if (payload.state === 'hangup') ongoing.delete(Number(payload.call_id))
      else if (typeof payload.call_id === 'number') ongoing.add(payload.call_id)
      const jwt = await new SignJWT(payload)
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(new TextEncoder().encode(WEBHOOK_SECRET))
      const response = await fetch(`${server.url}/webhooks/dialpad`, { method: 'POST', body: jwt })
      if (!response.ok) throw new Error(`the event was refused: ${response.status} ${await response.text()}`)
    },

    /** Ends every call that was begun, so that the next test starts with none. */
    async hangUpAll(): Promise<void> {
      for (const call_id of [...ongoing]) await this.deliver(callEvent('hangup', { call_id, at: Date.now() + 1000 }))
      await until('every call to end', async () => {
        const { database } = server.services
        const rows = await database.queries.select().from(database.tables.calls)
        return rows.every(({ status }) => !['ringing', 'active', 'held'].includes(status))
      })
    },

    /** Goes away and comes back at the same address with the same data; `meanwhile` runs while it is gone. */
    async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
      await server.stop()
      await meanwhile()
      server = await startServer({ ...config, port: Number(port) }, { schedule, clock, ...quickWork })
    },
    stop: () => server.stop(),
  }
}

export type BrowserServer = Awaited<ReturnType<typeof startBrowserServer>>

interface CallShape {
  call_id: number
  at: number
  direction?: 'inbound' | 'outbound'
  external_number?: string
  user_id?: number
  custom_data?: string
  contact_name?: string
}

/** A call event in Dialpad's flat form. */
export function callEvent(
  state: string,
  shape: CallShape,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    call_id: shape.call_id,
    state,
    direction: shape.direction ?? 'inbound',
    event_timestamp: shape.at,
    date_started: shape.at,
    external_number: shape.external_number ?? '+15557654321',
    internal_number: '+15550000001',
    contact: { id: 77, type: 'local', name: shape.contact_name ?? '', phone: shape.external_number ?? '+15557654321' },
    target: { id: shape.user_id ?? 5000, type: 'user', name: 'Ada Agent', phone: '+15550000001' },
    ...(shape.custom_data && { custom_data: shape.custom_data }),
    ...more,
  }
}
