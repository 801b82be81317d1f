import { useQuery } from '@tanstack/react-query'
import type { Schemas } from './api'

type Health = Pick<Schemas['Health'], 'status' | 'uptime' | 'warnings'>

/** A 503 still says what is wrong. */
async function readHealth(): Promise<Health> {
  const response = await fetch('/health')
  return (await response.json()) as Health
}

/** The server's health with its warnings, read again while a page is shown. */
export const useHealth = () => useQuery({ queryKey: ['health'], queryFn: readHealth, refetchInterval: 10_000 })
