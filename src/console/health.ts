import { useQuery } from '@tanstack/react-query'
import type { Schemas } from './api'

type Health = Pick<Schemas['Health'], 'status' | 'uptime' | 'warnings'>

/** A 503 response also contains the health. */
async function readHealth(): Promise<Health> {
  const response = await fetch('/health')
  return (await response.json()) as Health
}

/** Returns the server's health with its warnings, refreshed regularly. */
export const useHealth = () => useQuery({ queryKey: ['health'], queryFn: readHealth, refetchInterval: 10_000 })
