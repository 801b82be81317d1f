import { resolve } from 'node:path'

/** The file of a `sqlite:` URL, or null for another database. */
export const sqlitePath = (databaseUrl: string): string | null =>
  databaseUrl.startsWith('sqlite:') ? resolve(databaseUrl.slice('sqlite:'.length)) : null
