import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SETTING_NAMES, SETTINGS, type SettingName } from '../src/config/settings'
import { ERROR_CODES } from '../src/lib/errors'
import { EVENT_NAMES } from '../src/stream/event-names'

const read = (path: string) => readFileSync(join(import.meta.dir, '..', path), 'utf8')

function defaultOf(name: SettingName): string | null {
  const { data } = SETTINGS.shape[name].safeParse(undefined)
  return data === undefined ? null : String(data)
}
/** A table row without the spaces that align its columns. */
const unaligned = (row: string) => row.replaceAll(/ +\|/g, ' |')
const meaningOf = (name: SettingName) => SETTINGS.shape[name].description ?? ''

describe('the documentation keeps up with the code', () => {
  test('the README lists every setting with its default and meaning, and no other', () => {
    const rows = read('README.md')
      .split('\n')
      .filter((line) => /^\| `[A-Z]/.test(line))
      .map(unaligned)
    const expected = SETTING_NAMES.map((name) => {
      const value = defaultOf(name)
      return `| \`${name}\` | ${value === null ? '–' : `\`${value}\``} | ${meaningOf(name).replaceAll('<', '\\<')} |`
    })
    expect(rows).toEqual(expected)
  })

  test('.env.example lists every setting with its default and meaning, sets none, and names no other', () => {
    const blocks = read('.env.example').trim().split('\n\n').slice(1)
    expect(blocks).toEqual(SETTING_NAMES.map((name) => `# ${meaningOf(name)}\n#${name}=${defaultOf(name) ?? ''}`))
  })

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

  test('every file of this repository that the guides link to exists', () => {
    for (const guide of ['README.md', 'docs/integrate.md', 'docs/dialpad.md', 'docs/browser.md'])
      for (const [, path] of read(guide).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
        expect(() => read(join(guide, '..', path!))).not.toThrow()
  })
})
