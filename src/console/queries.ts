import { QueryClient, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { CtiError } from '../sdk/cti-error'

const RETRY_MS = 5000

/** Whether the server was unreachable or failed, so that a retry may help. */
export const isOutage = (error: unknown): boolean =>
  error instanceof CtiError && (error.status === 0 || error.status >= 500)

/**
 * Cache of loaded data. Keys start with the topic and the app, such as `['calls', appId, …]`. The live stream
 * invalidates queries by these two. After an outage everything reloads automatically.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      networkMode: 'always',
      staleTime: 2000,
      refetchInterval: ({ state }) => (isOutage(state.error) ? RETRY_MS : false),
    },
  },
})

export interface Data<T> {
  data: T | null
  error: Error | null
  loading: boolean
  reload: () => Promise<void>
}

/** Loads data with a simple key. Pages with live data use `useQuery`. @param everyMs refresh interval. */
export function useData<T>(key: string | null, load: () => Promise<T>, everyMs?: number): Data<T> {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['data', key],
    queryFn: load,
    enabled: key !== null,
    ...(everyMs && { refetchInterval: everyMs }),
  })
  return {
    data: data ?? null,
    error,
    loading: isFetching,
    reload: async () => void (await refetch()),
  }
}

/** An action started by the user, with its progress and error. */
export function useAction<A extends unknown[]>(
  act: (...args: A) => Promise<unknown>,
): { run: (...args: A) => Promise<boolean>; running: boolean; error: Error | null } {
  const [running, setRunning] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  async function run(...args: A): Promise<boolean> {
    setRunning(true)
    setError(null)
    try {
      await act(...args)
      return true
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)))
      return false
    } finally {
      setRunning(false)
    }
  }
  return { run, running, error }
}
