import { sql } from 'drizzle-orm'
import type { BrowserServer } from './browser-server'
import { copyId, copyNumber, copyRow } from './copied-rows'

/** Copies of one delivery that is done, written straight into the database. */
export async function addEvents(server: BrowserServer, count: number): Promise<void> {
  const { database } = server.services
  const { webhookEvents } = database.tables
  const [event] = await database.queries.select().from(webhookEvents).limit(1)
  const done = { ...event!, status: 'processed' as const }
  await copyRow(database, webhookEvents, done, count, {
    id: copyId,
    dedupeKey: sql`printf('copy-%d', ${copyNumber})`,
    receivedAt: sql`${Date.now() - 86_400_000} - ${copyNumber}`,
  })
}
