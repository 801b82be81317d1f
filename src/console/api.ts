import createClient, { type Middleware } from 'openapi-fetch'
import { Emitter } from '../lib/emitter'
import type { paths } from '../sdk/api.generated'
import { CtiClient } from '../sdk/cti-client'
import { CtiError, errorOf } from '../sdk/cti-error'

export type { Schemas } from '../sdk/records'

/** Sent with every request. Other sites cannot send it, so the session cookie alone is useless to them. */
const HEADERS = { 'x-cti-console': '1' }

const session = new Emitter<{ ended: undefined }>()

/** Calls `listener` when a request fails because the session has ended. @returns a function that removes it. */
export const onSessionEnded = (listener: () => void): (() => void) => session.on('ended', listener)

const unreachable = () => new CtiError(0, 'network', 'The server cannot be reached. This page retries automatically.')

async function assertAnswered(response: Response): Promise<void> {
  if (response.ok) return
  const isOperators = new URL(response.url).pathname.startsWith('/internal/')
  if (response.status === 401 && isOperators) session.emit('ended')
  throw await errorOf(response)
}

/** Throws every error response as a CtiError. */
const failures: Middleware = {
  onResponse: ({ response }) => assertAnswered(response).then(() => undefined),
  onError: ({ error }) => (error instanceof CtiError || isAborted(error) ? undefined : unreachable()),
}
const isAborted = (error: unknown) => error instanceof DOMException && error.name === 'AbortError'

/** Client of the admin API: `/internal`, `/health` and public routes. */
export const admin = createClient<paths>({ baseUrl: location.origin, headers: HEADERS })
admin.use(failures)

/** Returns the data of a response. @throws CtiError with the server's code. */
export async function read<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T
}

/** Begins (with the admin secret) or ends the console's session, which is not in the OpenAPI document. */
async function changeSession(method: 'POST' | 'DELETE', body?: { secret: string }): Promise<void> {
  let response: Response
  try {
    response = await fetch('/console/session', {
      method,
      headers: { ...HEADERS, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  } catch {
    throw unreachable()
  }
  await assertAnswered(response)
}
/** @throws CtiError if the secret is wrong. */
export const beginSession = (secret: string) => changeSession('POST', { secret })
export const endSession = () => changeSession('DELETE')

/** Returns a query string. @param values empty ones are omitted. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  return params.size > 0 ? `?${params}` : ''
}

/** Returns `values` without empty ones, for a typed query. */
export function withoutEmpty<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], '' | undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== undefined)) as never
}

const tokens = new Map<string, Promise<string>>()

/** Returns a short-lived token of one app. @param refused a token that the server refused, or null. */
async function tokenOf(appId: string, refused: string | null): Promise<string> {
  const known = tokens.get(appId)
  if (known && (await known) !== refused) return known
  if (known !== tokens.get(appId)) return tokenOf(appId, refused)
  const made = read(
    admin.POST('/internal/apps/{app_id}/tokens', { params: { path: { app_id: appId } }, body: {} }),
  ).then(({ token }) => token)
  tokens.set(appId, made)
  made.catch(() => tokens.get(appId) === made && tokens.delete(appId))
  return made
}

/** Returns the URL of an app's file with a token, for players and links, which cannot send headers. @param refused a token that the server refused, or null. */
export async function fileUrl(appId: string, path: string, refused: string | null = null): Promise<string> {
  return `${path}?token=${encodeURIComponent(await tokenOf(appId, refused))}`
}

const apis = new Map<string, ReturnType<typeof createClient<paths>>>()

/** Returns the client of one app's API (`/api`), typed by the OpenAPI document. */
export function appApi(appId: string) {
  const made = apis.get(appId)
  if (made) return made
  const client = createClient<paths>({
    baseUrl: location.origin,
    fetch: async (request) => {
      const send = (token: string) => {
        const copy = request.clone()
        copy.headers.set('authorization', `Bearer ${token}`)
        return fetch(copy)
      }
      const token = await tokenOf(appId, null)
      const answer = await send(token)
      return answer.status === 401 ? send(await tokenOf(appId, token)) : answer
    },
  })
  client.use(failures)
  apis.set(appId, client)
  return client
}

const clients = new Map<string, CtiClient>()

/** Returns the kit's client of one app, for its live stream. */
export function clientOf(appId: string): CtiClient {
  let client = clients.get(appId)
  if (!client) {
    let given: string | null = null
    client = new CtiClient({
      appId,
      token: async () => {
        given = await tokenOf(appId, given)
        return given
      },
    })
    clients.set(appId, client)
  }
  return client
}
