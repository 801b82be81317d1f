import type { Database } from '../../src/db/database'
import { newId } from '../../src/lib/id'

/** An app for suites of rooms that need one to own their rows. @returns its id. */
export async function insertApp(database: Database, name: string, at: number): Promise<string> {
  const id = newId()
  await database.queries.insert(database.tables.apps).values({ id, name, createdAt: at, updatedAt: at })
  return id
}
