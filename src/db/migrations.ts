import { readMigrations } from './read-migrations' with { type: 'macro' }

interface Migration {
  tag: string
  statements: string[]
}

/** The connection of a migration run. Each dialect supplies one pinned connection. */
export interface MigrationConnection {
  execute(sql: string): Promise<unknown>
  column(sql: string): Promise<unknown[]>
}

const embedded: Record<'sqlite' | 'pg', Migration[]> = { sqlite: readMigrations('sqlite'), pg: readMigrations('pg') }

/**
 * Applies all pending embedded migrations, oldest first, each in its own transaction.
 * @returns the applied tags. @throws NewerDatabase if the database has a migration that this binary does not have.
 */
export async function migrate(dialect: 'sqlite' | 'pg', connection: MigrationConnection): Promise<string[]> {
  await connection.execute('CREATE TABLE IF NOT EXISTS schema_migrations (tag text PRIMARY KEY NOT NULL)')
  const done: string[] = []
  for (const { tag, statements } of embedded[dialect]) {
    // SQLite has no advisory lock. This write lock makes a second process wait until the migration is recorded.
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
 * Rejects if `migrate` would fail, without changing anything: the database is newer, damaged or
 * read-only.
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

class NewerDatabase extends Error {
  constructor(tags: unknown[]) {
    super(`the database is newer than this binary (${tags.join(', ')}); install the newer binary or restore a backup`)
  }
}

/** @throws NewerDatabase if the database has a migration that this binary does not have. */
export function refuseNewer(dialect: 'sqlite' | 'pg', recorded: unknown[]): void {
  const known = new Set<unknown>(embedded[dialect].map(({ tag }) => tag))
  const unknown = recorded.filter((tag) => !known.has(tag))
  if (unknown.length > 0) throw new NewerDatabase(unknown)
}
