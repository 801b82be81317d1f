import type { Database } from './database'

/**
 * Opens the database of a URL: `postgres://…` or `sqlite:<path>`. Loads only the modules of its kind.
 * @param directUrl address of Postgres itself, if `url` is a pooler in transaction mode.
 */
export async function openDatabase(url: string, directUrl: string | null = null): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) return (await import('./pg')).openPg(url, directUrl)
  if (url.startsWith('sqlite:')) return (await import('./sqlite')).openSqlite(url.slice('sqlite:'.length))
  throw new Error('DATABASE_URL must start with postgres:// or sqlite:')
}
