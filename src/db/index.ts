import type { Database } from './database'
import { openPg } from './pg'
import { openSqlite } from './sqlite'

/** Opens the database a URL names: `postgres://…` or `sqlite:<path>`. */
export function openDatabase(url: string): Database {
  if (/^postgres(ql)?:\/\//.test(url)) return openPg(url)
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length))
  throw new Error('DATABASE_URL must start with postgres:// or sqlite:')
}
