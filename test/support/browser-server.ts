import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { readConfig } from '../../src/config'
import { startServer } from '../../src/server'

const ADMIN_SECRET = 'the-operators-admin-secret-of-these-tests'
const WEBHOOK_SECRET = 'the-webhook-secret-of-these-tests-only'

/** The whole server on a free port over a new SQLite file, with what a test does from outside. */
export async function startBrowserServer(settings: Record<string, string> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'cti-browser-'))
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
  let server = await startServer(config)
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
    get core() {
      return server.core
    },
    call,
    createApp: (name: string) => call<{ app_id: string; api_key: string }>('POST', '/internal/apps', { name }),

    /** Delivers an event as Dialpad does: its body is the signed JWT. */
    async deliver(payload: Record<string, unknown>): Promise<void> {
      const jwt = await new SignJWT(payload)
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(new TextEncoder().encode(WEBHOOK_SECRET))
      const response = await fetch(`${server.url}/webhooks/dialpad`, { method: 'POST', body: jwt })
      if (!response.ok) throw new Error(`the event was refused: ${response.status} ${await response.text()}`)
    },

    /** Goes away and comes back at the same address with the same data; `meanwhile` runs while it is gone. */
    async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
      await server.stop()
      await meanwhile()
      server = await startServer({ ...config, port: Number(port) })
    },
    async stop(): Promise<void> {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
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
