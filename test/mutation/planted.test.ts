import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planted } from './planted'

const root = join(import.meta.dir, '../..')

test('every planted regression finds its line exactly once, and names a test that exists', () => {
  const stale = Object.values(planted)
    .flat()
    .filter(({ file, find, test: path }) => {
      const text = readFileSync(join(root, file), 'utf8')
      return text.split(find).length !== 2 || readFileSync(join(root, path), 'utf8') === ''
    })
    .map(({ name, file }) => `${name}: ${file}`)
  expect(stale).toEqual([])
})
