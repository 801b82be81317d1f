import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { planted } from './mutation/planted'
import { watchLeftovers } from './support/leftovers'

/** What keeps the suite itself trustworthy, held to its own text. */

const sources = readdirSync(import.meta.dir, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && path !== 'suite.test.ts')
  .map((path) => ({ path, text: readFileSync(join(import.meta.dir, path), 'utf8') }))
const isOfTests = (path: string) => path.endsWith('.test.ts') || path.startsWith('support/')

/** Paths whose text has what is looked for, but for those excepted. */
const withText = (wanted: RegExp, ...excepted: string[]) =>
  sources
    .filter(({ path, text }) => isOfTests(path) && !excepted.includes(path) && wanted.test(text))
    .map(({ path }) => path)

test('no test sleeps: it waits for a condition', () => {
  const waits = /Bun\.sleep\(|setTimeout\(|waitForTimeout|timers\/promises/
  expect(withText(waits, 'support/until.ts', 'support/skippable-time.ts')).toEqual([])
})

test('no test waits by spinning: a loop of resolved promises leaves the disk and the network no turn', () => {
  const spins =
    /\b(?:while|for)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*\{?\s*await (?:Promise\.resolve\(|null\b|undefined\b|0\b)/
  expect(withText(spins, 'suite.test.ts')).toEqual([])
})

test('no list is compared with one object named twice: the matcher then looks at none of them', () => {
  expect(withText(/toMatchObject\(\[\s*(\w+),\s*\1\b/)).toEqual([])
})

test('every temporary file is made in the folder that the run removes', () => {
  // The last replaces a folder that the guide names by one of the run's.
  const excepted = ['support/scratch.ts', 'support/leftovers.ts', 'docs/operations.test.ts']
  expect(withText(/mkdtemp|tmpdir\(|['"`]\/tmp\//, ...excepted)).toEqual([])
})

test('no test runs jobs by the clock: they are started by name', () => {
  const starts = /startServer\((?![^;]*schedule)[^;]*/
  expect(withText(starts)).toEqual([])
})

test('every planted regression still has its place in the source, and its test', () => {
  const read = (path: string) => readFileSync(join(import.meta.dir, '..', path), 'utf8')
  const lost = Object.values(planted)
    .flat()
    .filter(({ file, find, test, title }) => read(file).split(find).length !== 2 || !hasTitle(read(test), title))
  expect(lost.map(({ name, file, test, title }) => `${name}: ${file}, ${test} "${title}"`)).toEqual([])
})

/** Whether a test file has a title that contains the text, or that may once its placeholders are filled in. */
function hasTitle(text: string, wanted: string): boolean {
  const titles = [...text.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1/g)].map(([, , title]) =>
    title!.replaceAll('\\', ''),
  )
  return titles.some((title) => {
    if (title.includes(wanted)) return true
    const parts = title.split(/%[a-z]|\$\{[^}]*\}/)
    const last = parts.pop()!
    if (parts.length === 0) return false
    let at = 0
    for (const part of parts) {
      const found = wanted.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    const rest = wanted.slice(at)
    return Array.from(last, (_, index) => last.slice(0, index + 1)).some(
      (start) => start.length > 7 && rest.endsWith(start),
    )
  })
}

test('a run that leaves a file behind fails and names it, be it in the checkout, ignored by git, or in the temporary folder', async () => {
  const ofSystem = dirname(process.env.TMPDIR!)
  for (const [folder, name] of [
    [import.meta.dir, `left-behind-${process.pid}.tmp`],
    [import.meta.dir, `left-behind-${process.pid}.log`],
    [ofSystem, `cti-left-behind-${process.pid}`],
  ] as const) {
    const failOnLeftovers = await watchLeftovers()
    await Bun.write(join(folder, name), '')
    const failure = await failOnLeftovers(0).catch((error: Error) => error.message)
    rmSync(join(folder, name))
    expect(failure).toStartWith('the run left behind: ')
    expect(failure).toContain(name)
    await failOnLeftovers()
  }
})
