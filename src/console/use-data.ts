import { useCallback, useEffect, useRef, useState } from 'react'

export interface Data<T> {
  data: T | null
  error: Error | null
  loading: boolean
  reload: () => Promise<void>
}

/**
 * Loads when `key` changes and keeps what it had while it loads again.
 * @param everyMs also loads anew this often, while the page is visible.
 */
export function useData<T>(key: string | null, load: () => Promise<T>, everyMs?: number): Data<T> {
  const [state, setState] = useState<{ key: string | null; data: T | null; error: Error | null; loading: boolean }>({
    key: null,
    data: null,
    error: null,
    loading: true,
  })
  const latest = useRef({ load, key })
  latest.current = { load, key }

  const reload = useCallback(async () => {
    const { key, load } = latest.current
    if (key === null) return
    try {
      const data = await load()
      if (latest.current.key === key) setState({ key, data, error: null, loading: false })
    } catch (error) {
      if (latest.current.key === key)
        setState((before) => ({
          key,
          data: before.key === key ? before.data : null,
          error: error instanceof Error ? error : new Error(String(error)),
          loading: false,
        }))
    }
  }, [])

  useEffect(() => {
    setState((before) => ({ ...before, loading: true }))
    void reload()
    if (!everyMs) return
    const timer = setInterval(() => document.visibilityState === 'visible' && void reload(), everyMs)
    return () => clearInterval(timer)
  }, [key, everyMs, reload])

  return { data: state.key === key ? state.data : null, error: state.error, loading: state.loading, reload }
}

/** An action a person starts: whether it runs, and what went wrong. */
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
