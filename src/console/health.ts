import { useQuery } from '@tanstack/react-query'
import type { Schemas } from './api'
import { learnClock } from './clock'

type Health = Pick<Schemas['Health'], 'status' | 'uptime' | 'warnings'> & {
  /** How far the clock of this computer is behind the server's; 0 if the difference is tolerable. */
  clock_behind_ms: number
}

/** A 503 response also contains the health. */
async function readHealth(): Promise<Health> {
  const response = await fetch('/health')
  const health = (await response.json()) as Schemas['Health']
  return { ...health, clock_behind_ms: learnClock(health.timestamp) }
}

/** Returns the server's health with its warnings, refreshed regularly. */
export const useHealth = () => useQuery({ queryKey: ['health'], queryFn: readHealth, refetchInterval: 10_000 })
