import { expect, test } from 'bun:test'
import { integer, pgTable, text as pgText } from 'drizzle-orm/pg-core'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { findDrift, SCHEMAS } from './check'

test('the migrations of both databases make the tables as the code has them', async () => {
  expect(await findDrift('sqlite', SCHEMAS.sqlite)).toEqual([])
  expect(await findDrift('pg', SCHEMAS.pg)).toEqual([])
})

test('a table that no migration makes is found, and so is one that the code has no more', async () => {
  const made = await findDrift('sqlite', { ...SCHEMAS.sqlite, extra: sqliteTable('extra', { name: text() }) })
  expect(made).toContain('tables extra columns name type')
  const { calls: _, ...without } = SCHEMAS.pg
  expect(await findDrift('pg', without)).toContain('tables public.calls columns started_at type')
})

test('a column of another type is found', async () => {
  const jobRuns = pgTable('job_runs', { name: pgText().primaryKey(), startedAt: integer().notNull() })
  expect(await findDrift('pg', { ...SCHEMAS.pg, jobRuns })).toContain('tables public.job_runs columns started_at type')
})
