import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs at bundle time (Bun macro): inlines drizzle/<dialect> into the binary. */
export function readMigrations(dialect: 'pg' | 'sqlite'): { tag: string; statements: string[] }[] {
  const folder = join(import.meta.dir, '../../drizzle', dialect)
  const journal = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as { entries: { tag: string }[] }
  return journal.entries.map(({ tag }) => ({
    tag,
    statements: readFileSync(join(folder, `${tag}.sql`), 'utf8').split('--> statement-breakpoint'),
  }))
}
