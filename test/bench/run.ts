import { PARTS, type Scale } from './measures'
import { cellsOf, fill, machine, type Summary, summarize, table } from './report'

/**
 * Drives the compiled binary over HTTP, beside yardsticks that do the same work bare in the same run. Ratios count: the
 * machine's speed cancels out. `bun run bench [parts] [--quick] [--json] [--write]`; Postgres with `BENCH_POSTGRES_URL`.
 */

const words = process.argv.slice(2)
const has = (flag: string) => words.includes(flag)
const isQuick = has('--quick')
const scale: Scale = {
  rounds: isQuick ? 1 : 3,
  seconds: isQuick ? 2 : 4,
  sockets: isQuick ? 500 : 5000,
  calls: isQuick ? 10_000 : 100_000,
  postgres: process.env.BENCH_POSTGRES_URL !== undefined,
}
const wanted = words.filter((word) => !word.startsWith('--'))
for (const word of wanted) if (!(word in PARTS)) throw new Error(`parts: ${Object.keys(PARTS).join(' ')}`)

const rows: Summary[] = []
for (const [name, measure] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const measured of await measure(scale)) {
    const row = summarize(measured)
    rows.push(row)
    if (!has('--json')) console.log(cellsOf(row).filter(Boolean).join('   '))
  }
}
const on = machine()
if (has('--json')) console.log(JSON.stringify({ machine: on, scale, figures: rows }, null, 2))
if (has('--write')) {
  const { processor, cores, memory_gib, server, bun, date } = on
  const where = `Measured ${date} on ${cores} × ${processor}, ${memory_gib} GiB; server ${server}, Bun ${bun}; ${scale.rounds} rounds.`
  fill('performance.md', 'bench', `${where}\n\n${table(rows)}`)
  const ceiling = rows.filter(({ what }) => what.includes('processed and numbered'))
  if (ceiling.length > 0) fill('scale.md', 'ceiling', `${where}\n\n${table(ceiling)}`)
}
process.exit(0)
