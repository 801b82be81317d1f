import { resolve } from 'node:path'

/** The file of a `sqlite:` address, or null for any other database. */
export const sqlitePath = (databaseUrl: string): string | null =>
  databaseUrl.startsWith('sqlite:') ? resolve(databaseUrl.slice('sqlite:'.length)) : null
