import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { scratchDir } from '../support/scratch'
import type { Mutant, Outcome } from './mutant'

const ROOT = join(import.meta.dir, '../..')
/** Longer than any test may take, so that a test's own limit speaks first. */
const TEST_LIMIT_MS = 30_000
const RUN_LIMIT_MS = 240_000

export interface TestRun {
  code: number
  failed: string[]
  timedOut: boolean
  output: string
}

/** A copy of the checkout, with what is not committed, that can be changed without anybody noticing. */
export function createWorkspace(runUrl: string) {
  const folder = scratchDir('mutation')
  const listed = Bun.spawnSync(['git', 'ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  for (const path of listed.stdout.toString().split('\n').filter(Boolean)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(join(ROOT, path), join(folder, path), { force: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))

  async function runTests(
    files: string[],
    { title, bail = true }: { title?: string | undefined; bail?: boolean } = {},
  ): Promise<TestRun> {
    const test = Bun.spawn(
      [
        ...[process.execPath, 'test', '--timeout', String(TEST_LIMIT_MS), '--no-orphans', ...(bail ? ['--bail'] : [])],
        ...(title ? ['-t', title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')] : []),
        ...files.map((file) => `./${file}`),
      ],
      { cwd: folder, env: { ...process.env, TEST_RUN_URL: runUrl, CI: '' }, stdout: 'pipe', stderr: 'pipe' },
    )
    let timedOut = false
    const limit = setTimeout(
      () => {
        timedOut = true
        test.kill('SIGKILL')
      },
      bail ? RUN_LIMIT_MS : 5 * RUN_LIMIT_MS,
    )
    const [stdout, stderr] = await Promise.all([new Response(test.stdout).text(), new Response(test.stderr).text()])
    const code = await test.exited
    clearTimeout(limit)
    const output = `${stdout}\n${stderr}`
    const failed = [...output.matchAll(/^\(fail\) (.*?)(?: \[[\d.]+ms\])?$/gm)].map(([, name]) => name!)
    return { code, failed, timedOut, output }
  }

  /** @param flaky titles that fail without any change: they notice nothing. */
  async function tryMutant(mutant: Mutant, flaky: ReadonlySet<string>): Promise<Outcome> {
    const path = join(folder, mutant.file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end))
    try {
      for (const files of mutant.tests) {
        const run = await runTests(files, { title: mutant.title })
        if (run.timedOut) return { mutant, verdict: 'timeout', by: null }
        const noticed = run.failed.filter((name) => !flaky.has(name) && (!mutant.title || name.includes(mutant.title)))
        if (noticed.length > 0) return { mutant, verdict: 'caught', by: noticed[0]! }
        // It does not even load, or a hook failed: noticed by every test of the file, unless one title was asked for.
        if (run.code !== 0 && run.failed.length === 0 && !mutant.title)
          return { mutant, verdict: 'caught', by: 'the file does not run' }
      }
      return { mutant, verdict: 'survived', by: null }
    } finally {
      writeFileSync(path, text)
    }
  }

  return { runTests, tryMutant }
}
