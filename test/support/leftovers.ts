import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isPartOfRun } from './run-wide'
import { isScratchOfAnotherRun, systemTemp } from './scratch'
import { until } from './until'

/**
 * What a run leaves outside its scratch folder: in the checkout every file that git does not hold, ignored ones included; in
 * the temporary folder, where other programs write too, what the server and its tests name.
 */

const CHECKOUT = join(import.meta.dir, '../..')

async function entries(): Promise<string[]> {
  const temporary = readdirSync(systemTemp)
    .filter((name) => name.startsWith('cti-') && !isScratchOfAnotherRun(name))
    .map((name) => join(systemTemp, name))
  return [...(await notInGit()), ...temporary]
}

async function notInGit(): Promise<string[]> {
  const git = Bun.spawn(['git', 'status', '--porcelain', '--ignored', '--untracked-files=all', '.', ':!node_modules'], {
    cwd: CHECKOUT,
    stdout: 'pipe',
    stderr: 'ignore',
  })
  return (await new Response(git.stdout).text()).match(/(?<=^(?:\?\?|!!) ).+$/gm) ?? []
}

/**
 * @returns a function that throws, naming each file that has come since and does not go within `patienceMs`: a server that
 * somebody else starts has its temporary files for a moment.
 */
export async function watchLeftovers(): Promise<(patienceMs?: number) => Promise<void>> {
  const before = new Set(await entries())
  let left: string[] = []
  const isClean = async () => {
    left = (await entries()).filter((path) => !before.has(path))
    return left.length === 0
  }
  return (patienceMs = 3000) =>
    until('the files to go', isClean, patienceMs).catch(() => {
      throw new Error(`the run left behind: ${left.join(', ')}`)
    })
}

const failOnOurs = isPartOfRun ? null : await watchLeftovers()

/** @throws naming each file that was not there before this run. A process of a larger run leaves that to the run. */
export const failOnLeftovers = async (): Promise<void> => failOnOurs?.()
