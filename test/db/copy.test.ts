import { afterEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { openDatabase } from '../../src/db'
import { copyDatabase, refuseUnfinishedCopy } from '../../src/db/copy'
import type { Database } from '../../src/db/database'
import { dump, insertAppRow, insertMachinery, insertRecords, insertStream, seededApp } from '../isolation/seed'
import { backends, freshUrl } from '../support/backends'

type Open = () => Promise<Database>
const [[, sqlite], [, postgres]] = backends as [[string, Open], [string, Open]]
const SOURCE = 'sqlite:/a'
/** More than one batch. */
const ENTRIES = 450

const opened: Database[] = []
const open = async (how: Open) => {
  const database = await how()
  opened.push(database)
  return database
}
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})

async function fill(database: Database): Promise<void> {
  for (const app of [
    seededApp('019a4f6e-0a10-7c55-9d21-000000000001', 3),
    seededApp('019a4f6e-0a10-7c55-9d22-000000000001', ENTRIES),
  ])
    for (const insert of [insertAppRow, insertRecords, insertMachinery, insertStream])
      await insert(database.queries, database, app)
  const { tables } = database
  const odd = { id: 1, name: 'Zoë “Ω” 🙂\n\t\\ "quoted"', type: null, phone: null, email: '' }
  await database.queries
    .update(tables.calls)
    .set({ contact: odd, labels: ['b', 'a'], customData: { b: 1, a: [null, 0.5] } })
}

const canonical = (rows: string[]) => rows.map((row) => [...row].sort().join('')).sort()

describe.each([
  ['SQLite to Postgres', sqlite, postgres],
  ['Postgres to SQLite', postgres, sqlite],
  ['SQLite to SQLite', sqlite, sqlite],
])('a copy from %s', (_name, openSource, openTarget) => {
  test('holds every row of every table as it was, and says how many with a checksum', async () => {
    const [from, to] = [await open(openSource), await open(openTarget)]
    await fill(from)
    const steps: string[] = []
    const copied = await copyDatabase(from, to, SOURCE, ({ phase, table, done, total }) =>
      steps.push(`${phase} ${table} ${done}/${total}`),
    )
    expect(canonical(await dump(to.queries, to))).toEqual(canonical(await dump(from.queries, from)))
    expect(copied.find(({ table }) => table === 'stream_entries')?.rows).toBe(ENTRIES + 3)
    for (const { checksum } of copied) expect(checksum).toMatch(/^[0-9a-f]{32}$/)
    expect(steps).toContain('copy stream_entries 200/453')
    expect(steps).toContain('verify stream_entries 453/453')
    await refuseUnfinishedCopy(to)
  })

  test('that was interrupted continues where it stopped; until then no server and no other copy starts', async () => {
    const [from, to] = [await open(openSource), await open(openTarget)]
    await fill(from)
    const interrupted = copyDatabase(from, to, SOURCE, ({ table, done }) => {
      if (table === 'stream_entries' && done === 200) throw new Error('the power failed')
    })
    await expect(interrupted).rejects.toThrow('the power failed')
    await expect(refuseUnfinishedCopy(to)).rejects.toThrow('unfinished copy of sqlite:/a')
    await expect(copyDatabase(from, to, 'sqlite:/b')).rejects.toThrow('unfinished copy of sqlite:/a')
    const again: string[] = []
    await copyDatabase(from, to, SOURCE, ({ phase, table, done }) => again.push(`${phase} ${table} ${done}`))
    expect(again).not.toContain('copy stream_entries 200')
    expect(again).toContain('copy stream_entries 400')
    expect(canonical(await dump(to.queries, to))).toEqual(canonical(await dump(from.queries, from)))
  })

  test('refuses a target that is not empty, and changes nothing there', async () => {
    const [from, to] = [await open(openSource), await open(openTarget)]
    await fill(from)
    await insertAppRow(to.queries, to, seededApp('019a4f6e-0a10-7c55-9d23-000000000001', 3))
    const before = await dump(to.queries, to)
    await expect(copyDatabase(from, to, SOURCE)).rejects.toThrow('not empty: its table apps')
    expect(await dump(to.queries, to)).toEqual(before)
  })

  test('notices a source that changed meanwhile', async () => {
    const [from, to] = [await open(openSource), await open(openTarget)]
    await fill(from)
    let changed: Promise<unknown> | undefined
    const { apps } = from.tables
    const copying = copyDatabase(from, to, SOURCE, ({ table, phase }) => {
      if (table === 'calls' && phase === 'copy')
        changed = from.queries
          .update(apps)
          .set({ name: 'Changed' })
          .where(eq(apps.name, 'CRM'))
          .returning()
          .then(() => {})
    })
    await expect(copying).rejects.toThrow('The table apps differs')
    await changed
  })
})

test('characters that Postgres cannot store are left out of the text', async () => {
  const from = await open(sqlite)
  const to = await openDatabase(await freshUrl.pg())
  opened.push(to)
  await to.migrate()
  await from.queries.insert(from.tables.apps).values({ id: 'a', name: 'N\0U\ud800L', createdAt: 1, updatedAt: 1 })
  await copyDatabase(from, to, SOURCE)
  expect((await to.queries.select().from(to.tables.apps))[0]?.name).toBe('NU\ufffdL')
})
