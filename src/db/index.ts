import type { Database } from './database'
import { openPg } from './pg'
import { openSqlite } from './sqlite'

/**
 * Opens the database of a URL: `postgres://…` or `sqlite:<path>`.
 * @param directUrl address of Postgres itself, if `url` is a pooler in transaction mode.
 */
export function openDatabase(url: string, directUrl: string | null = null): Database {
  if (/^postgres(ql)?:\/\//.test(url)) return openPg(url, directUrl)
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length))
  throw new Error('DATABASE_URL must start with postgres:// or sqlite:')
}
