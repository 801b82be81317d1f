import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isPartOfRun } from './run-wide'
import { isScratchOfAnotherRun } from './scratch'

/**
 * What a run leaves outside its scratch folder. It is looked for where the machine runs one suite at a time (`CI`): every
 * file in the checkout, and in the temporary folder what the server and its tests name, since other programs write there.
 */

const CHECKOUT = join(import.meta.dir, '../..')
const systemTemp = process.env.TMPDIR || '/tmp'

async function entries(): Promise<Set<string>> {
  const temporary = readdirSync(systemTemp)
    .filter((name) => name.startsWith('cti-') && !isScratchOfAnotherRun(name))
    .map((name) => join(systemTemp, name))
  return new Set([...(await notCommitted()), ...temporary])
}

/** Paths in the checkout that differ from what is committed, ignored ones included. */
async function notCommitted(): Promise<string[]> {
  const git = Bun.spawn(['git', 'status', '--porcelain', '--ignored', '--untracked-files=all', '.', ':!node_modules'], {
    cwd: CHECKOUT,
    stdout: 'pipe',
    stderr: 'ignore',
  })
  return (await new Response(git.stdout).text()).split('\n').filter(Boolean)
}

const before = process.env.CI && !isPartOfRun ? await entries() : null

/** @throws naming each file that was not there before the run. */
export async function failOnLeftovers(): Promise<void> {
  if (before === null) return
  const left = [...(await entries())].filter((path) => !before.has(path))
  if (left.length > 0) throw new Error(`the run left behind: ${left.join(', ')}`)
}
