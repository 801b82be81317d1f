import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { ERROR_CODES } from '../src/lib/errors'
import { EVENT_NAMES } from '../src/stream/event-names'
import { BROWSER, ORDER } from './rooms/rules'
import { importMap } from './support/import-map'
import { envExample, settingsPage } from './support/settings-docs'

const ROOT = join(import.meta.dir, '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const GUIDES = ['*.md', 'docs/*.md', '.github/*.md'].flatMap((pattern) =>
  [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })].sort(),
)

/** A table row without the spaces that align its columns. */
const unaligned = (row: string) => row.replaceAll(/ +\|/g, ' |')

describe('the documentation keeps up with the code', () => {
  test.each([
    ['docs/settings.md', settingsPage],
    ['.env.example', envExample],
  ])(
    '%s lists every setting with its default and meaning, and no other (bun run docs:generate)',
    async (path, page) => {
      if (process.env.UPDATE_DOCS) await Bun.write(join(ROOT, path), page())
      expect(read(path)).toBe(page())
    },
  )

  const integrate = () => read('docs/integrate.md').split('\n').map(unaligned).join('\n')

  const firstCells = (heading: string) => {
    const section = integrate().split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
    const rows = section.split('\n').filter((line) => line.startsWith('| `'))
    return rows.flatMap((line) => [...line.split(' | ')[0]!.matchAll(/`([\w.]+)`/g)].map(([, name]) => name!))
  }

  test('docs/integrate.md explains every event name, and no other', () => {
    expect(firstCells('Events').sort()).toEqual([...EVENT_NAMES].sort())
  })

  test('docs/integrate.md explains every error code with its status, and no other', () => {
    const documented = firstCells('Errors')
    expect(documented.sort()).toEqual(Object.keys(ERROR_CODES).sort())
    for (const [code, [status]] of Object.entries(ERROR_CODES))
      expect(integrate()).toContain(`| \`${code}\` | ${status} |`)
  })

  test.each(GUIDES)('%s links only to files and headings of this repository that exist', (guide) => {
    const broken = [...read(guide).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(([, path, anchor]) => {
      const target = path ? join(guide, '..', path) : guide
      try {
        return anchor ? !anchorsOf(read(target)).includes(anchor) : !statSync(join(ROOT, target)).isFile()
      } catch {
        return true
      }
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })

  test('every `bun run` script that a guide names exists', () => {
    const unknown = GUIDES.flatMap((guide) =>
      [...read(guide).matchAll(/\b(?:bun|bun@[\d.]+) run ([a-z][\w:]*)/g)].map(([, script]) => ({ guide, script })),
    ).filter(({ script }) => !Object.hasOwn(manifest.scripts, script!))
    expect(unknown).toEqual([])
  })

  test('docs/architecture.md describes every room of src, in the order in which they may import each other', () => {
    const section = read('docs/architecture.md').split('\n## Rooms\n')[1]?.split('\n## ')[0] ?? ''
    const described = [...section.matchAll(/^\| `(\w+)\/` +\|/gm)].map(([, room]) => room!)
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    expect(described.toSorted()).toEqual(rooms.sort())
    const order = ORDER.toReversed().filter((room) => rooms.includes(room))
    expect(described.filter((room) => !(room in BROWSER))).toEqual([...order])
  })

  test('docs/architecture.md shows the imports between rooms as they are (bun run docs:generate)', async () => {
    const chart = importMap(ROOT)
    const drawn = /(?<=\n## Map of imports\n[^#]*```mermaid\n)[^`]*(?=\n```)/
    const path = 'docs/architecture.md'
    if (process.env.UPDATE_DOCS) await Bun.write(join(ROOT, path), read(path).replace(drawn, chart))
    expect(drawn.exec(read(path))?.[0]).toBe(chart)
  })

  test('CONTRIBUTING.md names one file for each of twelve symptoms, and where to start in it', () => {
    const section = read('CONTRIBUTING.md').split('\n## Where to look when…\n')[1]?.split('\n## ')[0] ?? ''
    const rows = [...section.matchAll(/^\| .+ \| \[(src\/[^\]]+)\]\((.+)\) +\| `([^`]+)` +\|$/gm)]
    expect(rows).toHaveLength(12)
    for (const [, shown, path, start] of rows) {
      expect(shown).toBe(path!)
      expect(read(path!)).toContain(start!)
    }
  })

  test('the configuration of nginx logs no query, where clients may put credentials', () => {
    const [, config = ''] = /```nginx\n([^`]*)```/.exec(read('docs/installation.md')) ?? []
    const [, name, format = ''] = /log_format (\w+) ([^;]+);/.exec(config) ?? []
    expect(config).toMatch(new RegExp(`access_log \\S+ ${name};`))
    expect(format).toContain('$uri')
    expect(format).not.toMatch(/\$(request\b(?!_method)|request_uri|args|query_string|http_referer)/)
  })

  test('every guide and the CI script name the version of Bun that the types are for', () => {
    const named = [...GUIDES, '.ci/run'].flatMap((path) => [...read(path).matchAll(/\bbun@([\w.-]+)/g)])
    expect(named.length).toBeGreaterThan(0)
    expect(new Set(named.map(([, version]) => version))).toEqual(new Set([manifest.devDependencies['bun-types']]))
  })
})

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string) =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
