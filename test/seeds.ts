import { join } from 'node:path'

/**
 * `bun run test:seeds 10 [paths and flags of bun test]`: the tests in ten random orders, one after the other. Prints a line
 * per seed; a seed that is not green is followed by the titles that failed.
 */

const [count = '10', ...rest] = process.argv.slice(2)
const firstSeed = Number(process.env.FIRST_SEED ?? 1)
let red = 0
let current: Bun.Subprocess | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    current?.kill(signal)
    process.exit(1)
  })

for (let seed = firstSeed; seed < firstSeed + Number(count); seed++) {
  const startedAt = performance.now()
  const run = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'run.ts'), '--randomize', '--seed', String(seed), ...rest],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  current = run
  const [stdout, stderr] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()])
  const code = await run.exited
  const output = `${stdout}\n${stderr}`
  const figure = (what: string) =>
    /\d+/.exec(output.match(new RegExp(`^ *\\d+ ${what}\\b`, 'gm'))?.at(-1) ?? '')?.[0] ?? '?'
  const cpuSeconds = Number(run.resourceUsage()?.cpuTime.total ?? 0n) / 1e6
  console.log(
    `seed ${seed}: ${code === 0 ? 'green' : 'RED'}, ${figure('pass')} pass, ${figure('fail')} fail, ` +
      `${seconds((performance.now() - startedAt) / 1000)} wall, ${seconds(cpuSeconds)} CPU`,
  )
  if (code === 0) continue
  red++
  const failed = new Set(output.match(/^\(fail\) .*$/gm) ?? [output.split('\n').slice(-5).join('\n')])
  for (const title of failed) console.log(`  ${title}`)
}
process.exit(red === 0 ? 0 : 1)

function seconds(value: number): string {
  return `${Math.round(value)} s`
}
