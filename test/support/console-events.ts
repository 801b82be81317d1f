import { newId } from '../../src/lib/id'
import type { BrowserServer } from './browser-server'

/** Copies of one delivery that is done, written straight into the database. */
export async function addEvents(server: BrowserServer, count: number): Promise<void> {
  const { queries, tables } = server.services.database
  const [event] = await queries.select().from(tables.webhookEvents).limit(1)
  const at = Date.now() - 86_400_000
  for (let first = 0; first < count; first += 500) {
    const rows = Array.from({ length: Math.min(500, count - first) }, (_, index) => ({
      ...event!,
      id: newId(),
      status: 'processed' as const,
      dedupeKey: `copy-${first + index}`,
      receivedAt: at - first - index,
    }))
    await queries.insert(tables.webhookEvents).values(rows)
  }
}
