import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { serveRunWide, stopRunWide } from '../support/run-wide'
import { openScratch, removeScratch } from '../support/scratch'
import { mechanicalEdits } from './mechanical'
import type { Mutant, Outcome } from './mutant'
import { planted } from './planted'
import { mutationRooms } from './rooms'
import { sample } from './sample'
import { filesOf, testsFor } from './test-map'
import { createWorkspace } from './workspace'

/**
 * `bun run test:mutation [room or planted name …]`: plants one small, harmful change after the other in copies of the checkout and
 * runs the tests that should notice. First those planted by name, each of which a test must catch whose title says what is
 * guaranteed; then, per room, a sample of the changes that fixed rules make.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Generated changes per room; 0 for the planted ones alone. */
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    /** Only the generated ones. */
    'skip-planted': { type: 'boolean', default: false },
    /** A file for the outcomes, as JSON. */
    report: { type: 'string' },
    /** Such a file: only the generated changes that survived then. */
    again: { type: 'string' },
  },
})
const ROOT = join(import.meta.dir, '../..')
const isChosen = (...names: string[]) =>
  positionals.length === 0 || positionals.some((chosen) => names.some((name) => name.includes(chosen)))

function plantedMutants(): Mutant[] {
  return Object.entries(planted).flatMap(([room, regressions]) =>
    regressions
      .filter(({ name }) => isChosen(room, name))
      .map(({ name, file, find, replace, test, title }) => {
        const text = readFileSync(join(ROOT, file), 'utf8')
        const start = text.indexOf(find)
        if (start < 0 || text.indexOf(find, start + 1) >= 0)
          throw new Error(`"${name}": the text to replace must occur exactly once in ${file}`)
        return { room, name, file, start, end: start + find.length, replacement: replace, tests: [[test]], title }
      }),
  )
}

/** Names of the changes that survived an earlier run, or null. */
const survivors = values.again
  ? new Set(
      (JSON.parse(readFileSync(values.again, 'utf8')) as { name: string; verdict: string }[])
        .filter(({ verdict }) => verdict === 'survived')
        .map(({ name }) => name),
    )
  : null

function generatedMutants(): { mutants: Mutant[]; all: Record<string, number> } {
  const all: Record<string, number> = {}
  const rooms = Number(values.sample) === 0 ? [] : Object.entries(mutationRooms).filter(([room]) => isChosen(room))
  const mutants = rooms.flatMap(([room, description]) => {
    const found = filesOf(description).flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8')
      return mechanicalEdits(file, text)
        .filter((edit) => isLoadable(file, text.slice(0, edit.start) + edit.replacement + text.slice(edit.end)))
        .map(({ operator, line, ...edit }) => ({ room, operator, name: `${file}:${line} ${operator}`, file, ...edit }))
    })
    const { every } = description
    const fitting = every ? found.filter(({ operator }) => every.test(operator)) : found
    all[room] = fitting.length
    const chosen = survivors
      ? fitting.filter(({ name }) => survivors.has(name))
      : every
        ? fitting
        : sample(fitting, Number(values.sample), Number(values.seed))
    return chosen.map(({ operator: _, ...mutant }) => ({
      ...mutant,
      tests: testsFor(mutant.file, description),
    }))
  })
  return { mutants, all }
}

function isLoadable(file: string, text: string): boolean {
  try {
    new Bun.Transpiler({ loader: file.endsWith('x') ? 'tsx' : 'ts' }).transformSync(text)
    return true
  } catch {
    return false
  }
}

async function run(): Promise<number> {
  const workspaces = Array.from({ length: Number(values.workers) }, () => createWorkspace(runUrl))
  const named = values['skip-planted'] || survivors ? [] : plantedMutants()
  const { mutants, all } = generatedMutants()
  const queue = [...named, ...mutants]
  const flaky = new Set<string>()
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests.flat()))]
  if (tests.length > 0)
    for (const title of (await workspaces[0]!.runTests(tests, { bail: false })).failed) flaky.add(title)
  for (const title of flaky) console.log(`fails without any change: ${title}`)

  const outcomes: Outcome[] = []
  await Promise.all(
    workspaces.map(async (workspace) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const outcome = await workspace.tryMutant(mutant, flaky)
        outcomes.push(outcome)
        console.log(lineOf(outcome))
      }
    }),
  )
  return report(outcomes, all)
}

const lineOf = ({ mutant: { room, name, title }, verdict, by }: Outcome): string =>
  `${verdict.padEnd(8)} ${room}: ${name}${by ? ` — "${by}"` : title ? ` — expected "${title}"` : ''}`

function report(outcomes: Outcome[], all: Record<string, number>): number {
  const isCaught = ({ verdict }: Outcome) => verdict !== 'survived'
  const named = outcomes.filter(({ mutant }) => mutant.title !== undefined)
  if (named.length > 0) console.log(`\nplanted: ${named.filter(isCaught).length} of ${named.length} caught`)
  if (Object.keys(all).length > 0) console.log(`generated, seed ${values.seed}:`)
  for (const [room, possible] of Object.entries(all)) {
    const tried = outcomes.filter(({ mutant }) => mutant.room === room && mutant.title === undefined)
    if (tried.length === 0) continue
    const caught = tried.filter(isCaught).length
    console.log(
      `  ${room}: ${caught} of ${tried.length} caught (${Math.round((100 * caught) / tried.length)} %), of ${possible}`,
    )
  }
  for (const { mutant } of outcomes.filter((outcome) => !isCaught(outcome)))
    console.log(`  survived: ${mutant.room}: ${mutant.name}`)
  if (values.report)
    writeFileSync(
      values.report,
      JSON.stringify(
        outcomes.map(({ mutant: { room, name, file, replacement }, verdict, by }) => ({
          ...{ room, name, file, replacement, verdict, by },
        })),
        null,
        1,
      ),
    )
  return named.every(isCaught) ? 0 : 1
}

openScratch()
const runUrl = serveRunWide()
try {
  process.exitCode = await run()
} finally {
  await stopRunWide()
  removeScratch()
}
