import { useQuery } from '@tanstack/react-query'
import { admin, read } from './api'

/** Whether the app has access to Dialpad, by its connection or by the server's API key. */
export async function hasDialpadAccess(appId: string): Promise<boolean> {
  const [{ connections }, { settings }] = await Promise.all([
    read(admin.GET('/internal/dialpad/connections', { params: { query: { limit: 100 } } })),
    read(admin.GET('/internal/config')),
  ])
  return (
    connections.some(({ app_id, status }) => app_id === appId && status === 'connected') ||
    settings.some(({ name, origin }) => name === 'DIALPAD_API_KEY' && origin === 'set')
  )
}

/** Undefined while loading. */
export const useDialpadAccess = (appId: string): boolean | undefined =>
  useQuery({
    queryKey: ['dialpad-access', appId],
    queryFn: () => hasDialpadAccess(appId),
    staleTime: 60_000,
  }).data
