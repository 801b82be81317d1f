import { parseArgs } from 'node:util'
import { LEASE_MS } from '../../src/events/processor'
import { fill, machine } from '../bench/report'
import { jumpClock } from './clock-jumps'
import { restartPostgres } from './database-away'
import { fillDisk } from './disk-full'
import { killOnPostgres, killOnSqlite, killWithBacklog } from './kills'
import { startPostgresServer } from './postgres-server'
import type { Outcome } from './run-load'
import { stopPastHeartbeat, terminateOnPostgres, terminateOnSqlite } from './stops'
import { stopReading } from './unread-sockets'

/**
 * Does harm to the compiled server while deliveries arrive, and settles accounts after each kind of harm.
 * `bun run test:faults [parts] [--seed N] [--rounds N] [--write]`; without parts it does all, in about half an hour.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, rounds: { type: 'string' }, write: { type: 'boolean', default: false } },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000)
/** Several times what an instance may be silent before it counts as dead. */
const HANG_MS = 10_000
/** Longer than any claim of an event holds. */
const PAST_LEASE_MS = LEASE_MS + 10_000
const rounds = (usual: number) => Number(values.rounds ?? usual)

const postgres = await startPostgresServer()
const PARTS: Record<string, () => Promise<Outcome | null>> = {
  'kill-sqlite': () => killOnSqlite(rounds(100), seed),
  'kill-postgres': async () => killOnPostgres(rounds(30), seed, await postgres.createDatabase()),
  'backlog-sqlite': () => killWithBacklog(rounds(12), seed),
  'backlog-postgres': async () => killWithBacklog(rounds(12), seed, await postgres.createDatabase()),
  'stop-sqlite': () => terminateOnSqlite(rounds(20), seed),
  'stop-postgres': async () => terminateOnPostgres(rounds(20), seed, await postgres.createDatabase()),
  'postgres-away': () => restartPostgres(rounds(6), seed, 60_000, postgres),
  'disk-full': () => fillDisk(rounds(6), seed),
  'clock-sqlite': () => jumpClock(rounds(20), seed),
  'clock-postgres': async () => jumpClock(rounds(20), seed, await postgres.createDatabase()),
  hang: async () => stopPastHeartbeat(rounds(6), seed, HANG_MS, await postgres.createDatabase()),
  'hang-past-lease': async () => stopPastHeartbeat(1, seed, PAST_LEASE_MS, await postgres.createDatabase()),
  'unread-sockets': () => stopReading(40, seed),
}
for (const part of positionals) if (!(part in PARTS)) throw new Error(`parts: ${Object.keys(PARTS).join(' ')}`)

const outcomes: Outcome[] = []
for (const [name, run] of Object.entries(PARTS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const outcome = await run()
  if (outcome === null) console.log(`${name}: not run, this machine cannot do it`)
  else {
    outcomes.push(outcome)
    console.log(cellsOf(outcome).join('   '))
    for (const fault of outcome.faults.slice(0, 20)) console.log(`  FAULT (seed ${outcome.seed}) ${fault}`)
  }
}
await postgres.stop()
const failed = outcomes.some(({ faults }) => faults.length > 0)
if (values.write && !failed) {
  const { date, cores, processor, server, bun } = machine()
  const where = `Measured ${date} on ${cores} × ${processor}; server ${server}, Bun ${bun}; seed ${seed}.`
  fill('reliability.md', 'faults', `${where}\n\n${table(outcomes)}`)
}
process.exit(failed ? 1 : 0)

function cellsOf(outcome: Outcome): string[] {
  const { what, sent, acknowledged, unavailable, entries, reconnects, faults, seconds } = outcome
  const figures = [outcome.rounds, sent, acknowledged, faults.length, unavailable, entries, reconnects]
  return [what, ...figures.map((figure) => figure.toLocaleString('en')), `${Math.round(seconds)} s`]
}

function table(all: Outcome[]): string {
  const head = [
    'harm',
    'rounds',
    'sent',
    'acknowledged',
    'lost, repeated or wrong',
    '503',
    'entries',
    'reconnects',
    'took',
  ]
  const lines = [head, head.map(() => '---'), ...all.map(cellsOf)]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
