import { join } from 'node:path'

/** The suite as a script runs it: in a process of its own, whose output becomes one line. */

let signalled = false
const running = new Set<Bun.Subprocess>()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    signalled = true
    for (const run of running) run.kill(signal)
  })

/**
 * Runs the suite and prints a line for it, followed by the titles that failed.
 * @param args paths and flags of `bun test`. @returns whether it was green.
 */
export async function runSuite(name: string, args: string[]): Promise<boolean> {
  const startedAt = performance.now()
  const run = Bun.spawn([process.execPath, join(import.meta.dir, '../run.ts'), ...args], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  running.add(run)
  const [stdout, stderr] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()])
  const isGreen = (await run.exited) === 0
  running.delete(run)
  if (signalled) process.exit(1)
  const output = `${stdout}\n${stderr}`
  const figure = (what: string) =>
    /\d+/.exec(output.match(new RegExp(`^ *\\d+ ${what}\\b`, 'gm'))?.at(-1) ?? '')?.[0] ?? '?'
  const seconds = (value: number) => `${Math.round(value)} s`
  const cpuSeconds = Number(run.resourceUsage()?.cpuTime.total ?? 0n) / 1e6
  console.log(
    `${name}: ${isGreen ? 'green' : 'RED'}, ${figure('pass')} pass, ${figure('fail')} fail, ` +
      `${seconds((performance.now() - startedAt) / 1000)} wall, ${seconds(cpuSeconds)} CPU`,
  )
  if (!isGreen) {
    for (const line of reasonsOf(output.split('\n'))) console.log(`  ${line}`)
  }
  return isGreen
}

const REASON_LINES = 25

/** The titles that failed, each after what was printed since the test before it: without it a rare failure stays a riddle. */
function reasonsOf(lines: string[]): string[] {
  const failures = lines.flatMap((line, at) => (/^(\(fail\) |the run left behind)/.test(line) ? [at] : []))
  if (failures.length === 0) return lines.slice(-5)
  return failures.flatMap((at) => {
    const since = Math.max(
      at - REASON_LINES,
      lines.findLastIndex((line, index) => index < at && /^\((pass|fail|skip)\) /.test(line)) + 1,
    )
    return lines.slice(since, at + 1).map((line) => line.slice(0, 500))
  })
}
