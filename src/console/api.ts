import { CtiClient } from '../sdk/cti-client'
import { CtiError, errorOf } from '../sdk/cti-error'

/** Sent with every request: another site cannot add it, so the session cookie alone opens nothing. */
const HEADERS = { 'x-cti-console': '1' }

type Listener = () => void
const loggedOut = new Set<Listener>()
export const onLoggedOut = (listener: Listener) => {
  loggedOut.add(listener)
  return () => loggedOut.delete(listener)
}

/** @throws CtiError with the server's code; a 401 also tells the page that the session is over. */
export async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: { ...HEADERS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new CtiError(0, 'network', 'The server cannot be reached. It may be restarting; this page tries again.')
  }
  if (!response.ok) {
    if (response.status === 401 && path !== '/console/session') for (const listener of [...loggedOut]) listener()
    throw await errorOf(response)
  }
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** @param values empty ones are left out. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  return params.size > 0 ? `?${params}` : ''
}

const clients = new Map<string, CtiClient>()

/** The client API of one app, with short-lived tokens made for this session. */
export function clientOf(appId: string): CtiClient {
  let client = clients.get(appId)
  if (!client) {
    client = new CtiClient({
      appId,
      token: async () => (await api<{ token: string }>('POST', `/internal/apps/${appId}/tokens`, {})).token,
    })
    clients.set(appId, client)
  }
  return client
}
