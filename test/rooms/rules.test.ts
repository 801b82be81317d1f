import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { findViolations, readSources, type Source } from './check'
import { BROWSER, ORDER } from './rules'

const root = join(import.meta.dir, '../..')
const sources = readSources(root)

/** The project with one line more. */
const withLine = (path: string, line: string): Source[] => {
  const known = sources.find((source) => source.path === path)
  const planted = { path, text: `${known?.text ?? ''}\n${line}\n` }
  return [...sources.filter((source) => source !== known), planted]
}

/** A file of the room that exists, to import from or to. */
const fileOf = (room: string): string =>
  sources.find(
    ({ path }) => path === `src/${room}.ts` || (path.startsWith(`src/${room}/`) && !/store|routes/.test(path)),
  )?.path ?? `src/${room}/new.ts`

const importOf = (from: string, to: string) =>
  `import { x } from '${'../'.repeat(from.split('/').length - 2) || './'}${to.slice('src/'.length).replace(/\.tsx?$/, '')}'`

describe('the import rules', () => {
  test('hold', () => expect(findViolations(sources)).toEqual([]))

  const rooms = ORDER.filter((room) => sources.some(({ path }) => path.startsWith(`src/${room}`)))
  test.each(rooms.slice(1))('catch an import of %s by the room below it', (room) => {
    const from = fileOf(rooms[rooms.indexOf(room) - 1]!)
    const line = importOf(from, fileOf(room))
    const [found, ...others] = findViolations(withLine(from, line))
    expect(found).toMatchObject({ path: from, text: line, why: expect.stringContaining('must not import') })
    expect(others).toEqual([])
  })

  test.each(Object.keys(BROWSER))('catch an import of the server by %s, which runs in browsers', (room) => {
    const from = fileOf(room)
    expect(findViolations(withLine(from, importOf(from, fileOf('calls'))))).toMatchObject([
      { path: from, why: expect.stringContaining('runs in browsers') },
    ])
  })

  test('catch an import of browser code by the server', () => {
    const from = fileOf('calls')
    expect(findViolations(withLine(from, importOf(from, fileOf('sdk'))))).toMatchObject([{ path: from }])
  })

  test.each([
    ['Elysia outside the routes', 'src/calls/queries.ts', "import { Elysia } from 'elysia'"],
    ['Elysia in a dynamic import', 'src/calls/queries.ts', "const { Elysia } = await import('elysia')"],
    ['Drizzle outside db/ and stores', 'src/calls/queries.ts', "import { eq } from 'drizzle-orm'"],
    ['a path of Drizzle', 'src/events/processor.ts', "import { x } from 'drizzle-orm/sqlite-core'"],
    ['a route that asks a store', 'src/calls/routes.ts', "import type { CallStore } from './store'"],
    ['a store that asks a service', 'src/apps/store.ts', "import type { AppService } from './service'"],
    ['the environment outside config/', 'src/calls/queries.ts', 'const port = process.env.PORT'],
    [
      'a service renamed on its way to a route',
      'src/app/http.ts',
      '.use(callRoutes({ calls: services.calls.queries }))',
    ],
    ['a service renamed in a variable', 'src/calls/make.ts', 'const users = deps.users.lookup'],
    ['a room nobody knows', 'src/unknown/thing.ts', "import { newId } from '../lib/id'"],
  ])('catch %s', (_what, path, line) => {
    const [found] = findViolations(withLine(path, line))
    expect(found).toMatchObject({ path, text: line })
  })
})
