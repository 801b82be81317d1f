import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/db'
import type { Database } from '../../src/db/database'
import { createPgDatabase, emptyPgDatabase, runWide } from './run-wide'
import { scratchDir } from './scratch'

/** Every database the server runs on, freshly made and migrated: `describe.each(backends)('%s', (_, open) => …)`. */
export const backends: [name: string, open: () => Promise<Database>][] = [
  ['SQLite', async () => await openDatabase(await freshUrl.sqlite())],
  ['Postgres', openPostgres],
]

/** Postgres databases of this process that a test has closed: emptied, they serve the next at a tenth of the cost. */
const closed: string[] = []

async function openPostgres(): Promise<Database> {
  const used = closed.pop()
  if (used) await emptyPgDatabase(used)
  const url = used ?? (await freshUrl.pg())
  const database = await openDatabase(url)
  const { close } = database
  let isOpen = true
  database.close = async () => {
    await close()
    if (isOpen) closed.push(url)
    isOpen = false
  }
  return database
}

/** Addresses of new databases with every migration: copies, which take a fraction of the time of migrating. */
export const freshUrl = {
  async sqlite(): Promise<string> {
    const path = join(scratchDir('sqlite'), 'cti.db')
    cpSync(await runWide('sqliteTemplate'), path)
    return `sqlite:${path}`
  },
  pg: async (): Promise<string> => createPgDatabase(await runWide('postgresTemplate')),
}

/** Addresses of databases with nothing in them, for tests of the migrations. */
export const emptyUrl = {
  sqlite: async (): Promise<string> => `sqlite:${join(scratchDir('sqlite'), 'cti.db')}`,
  pg: (): Promise<string> => createPgDatabase('template0'),
}
