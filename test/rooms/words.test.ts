import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSources, type Source } from './check'
import { AVOIDED } from './words'

const root = join(import.meta.dir, '../..')
const GUIDES = ['*.md', 'docs/*.md', '.github/**/*.md']
const TITLE = /\b(?:test|describe)(?:\.\w+)*\(|\)\(\s*['"`]/

const read = (path: string): Source => ({ path, text: readFileSync(join(root, path), 'utf8') })
const guides = GUIDES.flatMap((glob) => [...new Bun.Glob(glob).scanSync({ cwd: root, dot: true })]).map(read)
const tests = [...new Bun.Glob('test/**/*.test.{ts,tsx}').scanSync(root)]
  .map(read)
  .map(({ path, text }) => ({ path, text: text.replaceAll(/^.*$/gm, (line) => (TITLE.test(line) ? line : '')) }))

/** Every line with an avoided word, as `path:line: text (write …)`. */
const findAvoided = (sources: Source[]): string[] =>
  sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        AVOIDED.filter(({ pattern }) => pattern.test(line)).map(
          ({ instead }) => `${path}:${index + 1}: ${line.trim()} (write ${instead})`,
        ),
      ),
  )

describe('words', () => {
  test('the source uses none that we avoid', () => expect(findAvoided(readSources(root))).toEqual([]))
  test('the guides use none that we avoid', () => {
    expect(guides.map(({ path }) => path)).toContain('docs/integrate.md')
    expect(findAvoided(guides)).toEqual([])
  })
  test('the titles of tests use none that we avoid', () => {
    expect(tests.some(({ text }) => text.includes('the titles of tests'))).toBe(true)
    expect(findAvoided(tests)).toEqual([])
  })

  test.each(
    Object.entries({
      code: 'const wrongWith = 1',
      comment: '/** Begins anew. */',
      text: "message: 'is not known here'",
      British: 'The organisation was authorised by the call centre.',
    }),
  )('a line of %s with such a word is found', (_kind, text) => {
    expect(findAvoided([{ path: 'src/x.ts', text: `line\n${text}` }])).toContainEqual(
      expect.stringContaining(`src/x.ts:2: ${text}`),
    )
  })
})
