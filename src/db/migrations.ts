import { readMigrations } from './read-migrations' with { type: 'macro' }

interface Migration {
  tag: string
  statements: string[]
}

/** What a migration run needs; each backend supplies it on one pinned connection. */
export interface MigrationConnection {
  execute(sql: string): Promise<unknown>
  column(sql: string): Promise<unknown[]>
}

const embedded: Record<'sqlite' | 'pg', Migration[]> = { sqlite: readMigrations('sqlite'), pg: readMigrations('pg') }

/**
 * Applies every embedded migration the database has not recorded, oldest first, one transaction each.
 * @returns the tags applied. @throws when the database holds a migration this binary does not know.
 */
export async function migrate(dialect: 'sqlite' | 'pg', connection: MigrationConnection): Promise<string[]> {
  await connection.execute('CREATE TABLE IF NOT EXISTS schema_migrations (tag text PRIMARY KEY NOT NULL)')
  const done: string[] = []
  for (const { tag, statements } of embedded[dialect]) {
    // The SQLite file has no advisory lock: the write lock taken here keeps a second process out until it sees the record.
    await connection.execute(dialect === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN')
    try {
      const recorded = await connection.column('SELECT tag FROM schema_migrations')
      refuseNewer(dialect, recorded)
      if (!recorded.includes(tag)) {
        for (const statement of statements) await connection.execute(statement)
        await connection.execute(`INSERT INTO schema_migrations VALUES ('${tag}')`)
        done.push(tag)
      }
      await connection.execute('COMMIT')
    } catch (error) {
      await connection.execute('ROLLBACK')
      throw error instanceof NewerDatabase ? error : new Error(`migration ${tag} failed`, { cause: error })
    }
  }
  return done
}

/**
 * Fails for whatever would keep `migrate` from its work, and changes nothing: a newer or damaged database, one that cannot be
 * written.
 */
export async function checkMigrations(dialect: 'sqlite' | 'pg', connection: MigrationConnection): Promise<void> {
  await connection.execute(dialect === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN')
  try {
    await connection.execute('CREATE TABLE IF NOT EXISTS schema_migrations (tag text PRIMARY KEY NOT NULL)')
    refuseNewer(dialect, await connection.column('SELECT tag FROM schema_migrations'))
    await connection.execute('CREATE TABLE cti_write_check (id integer)')
  } finally {
    await connection.execute('ROLLBACK')
  }
}

export class NewerDatabase extends Error {
  constructor(tags: unknown[]) {
    super(`the database is newer than this binary (${tags.join(', ')}): install the newer binary, or restore a backup`)
  }
}

/** @throws NewerDatabase when a migration was recorded that this binary does not know. */
export function refuseNewer(dialect: 'sqlite' | 'pg', recorded: unknown[]): void {
  const known = new Set<unknown>(embedded[dialect].map(({ tag }) => tag))
  const unknown = recorded.filter((tag) => !known.has(tag))
  if (unknown.length > 0) throw new NewerDatabase(unknown)
}
