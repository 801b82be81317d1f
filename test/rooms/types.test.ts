import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { readSources, type Source } from './check'

const sources = readSources(join(import.meta.dir, '../..'))

/** Names that stand for one thing in two forms, each with the reason. */
const TWO_FORMS: Record<string, string> = {
  Party: 'payload/ parses it and may import lib/ alone; http/ has the schema that documents it',
  Region: 'the declarations of the kit must not need those of libphonenumber-js',
}

/** A type, interface, class, or schema at the top of a file. */
const DECLARATION = /^(?:export )?(?:type|interface|class) (\w+)(.*)|^export const ([A-Z]\w*[a-z]\w*) =()/gm
/** What the browser takes from the OpenAPI document, such as `Schemas['App']`, under the name it has on the server. */
const DERIVED = / = .*\b[A-Z]\w+\[/
const BROWSER = /^src\/(?:sdk|console)\//

interface Declaration {
  name: string
  path: string
  isDerived: boolean
}

/** Every name that is declared by more than one file. A schema and the type derived from it count as one. */
function findRepeated(files: Source[]): string[] {
  const found = files.flatMap(({ path, text }) => [
    ...new Map(
      [...text.matchAll(DECLARATION)].map(([, type, rest = '', schema]) => {
        const name = type ?? schema ?? ''
        return [name, { name, path, isDerived: BROWSER.test(path) && DERIVED.test(rest) } satisfies Declaration]
      }),
    ).values(),
  ])
  return [...Map.groupBy(found, ({ name }) => name)]
    .filter(([name]) => !(name in TWO_FORMS))
    .filter(([, all]) =>
      [true, false].some((derived) => all.filter(({ isDerived }) => isDerived === derived).length > 1),
    )
    .map(([name, all]) => `${name}: ${all.map(({ path }) => path).join(', ')}`)
}

describe('a type', () => {
  test('is declared once in server, kit, and console; the browser derives what the server answers', () =>
    expect(findRepeated(sources)).toEqual([]))

  test.each([
    ['declared again by the console', 'export interface CallRow {\n  id: string\n}'],
    ['derived again by a second page', "type App = Schemas['App']"],
    ['declared again as a schema', 'export const Message = z.object({})'],
  ])('%s is found', (_what, text) => {
    expect(findRepeated([...sources, { path: 'src/console/planted.ts', text }])).toEqual([
      expect.stringContaining('src/console/planted.ts'),
    ])
  })

  test('that is allowed in two forms exists', () => {
    for (const name of Object.keys(TWO_FORMS))
      expect(sources.some(({ text }) => new RegExp(`^export (?:type|interface) ${name}\\b`, 'm').test(text))).toBe(true)
  })
})
