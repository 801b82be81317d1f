import { readFileSync } from 'node:fs'
import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { connectPausing } from './pausing-client'
import { type Outcome, runTrial } from './run-load'

/** Clients that stop reading their sockets: they cost no memory without end, and come back to all they missed. */

/** What may wait for one client, bytes: the server's limit and one page of the past. */
const WAITING_BYTES = 2 * 1024 * 1024
const SPARE_BYTES = 150 * 1024 * 1024
const LOAD_MS = 15_000
/** Until the second heartbeat: a peer that does not take its close is cut off. */
const UNREAD_MS = 65_000

export async function stopReading(clients: number, seed: number): Promise<Outcome> {
  const instance = await createInstance({ DATA_DIR: scratchDir('fault-data') })
  const faults: string[] = []
  const outcome = await runTrial({
    what: `${clients} sockets stop reading, SQLite`,
    instances: [instance],
    rounds: 1,
    seed,
    async harm(_random, { apiKey }) {
      await Bun.sleep(LOAD_MS)
      const before = memoryOf(instance.pid())
      const readers = Array.from({ length: clients }, () => connectPausing(instance.url, apiKey, 0))
      while (!readers.every((reader) => reader.isOpen())) await Bun.sleep(5)
      for (const reader of readers) reader.stopReading()
      let peak = before
      for (const end = performance.now() + UNREAD_MS; performance.now() < end; await Bun.sleep(100))
        peak = Math.max(peak, memoryOf(instance.pid()))
      if (peak - before > clients * WAITING_BYTES + SPARE_BYTES)
        faults.push(`memory grew from ${mebibytes(before)} to ${mebibytes(peak)}`)
      await Promise.all(readers.map((reader) => reader.readOn()))
      for (const [index, { seqs }] of readers.entries()) {
        const hole = seqs.findIndex((seq, place) => seq !== place + 1)
        if (hole >= 0) faults.push(`unread socket ${index} got ${seqs[hole]} at place ${hole + 1}`)
        if (seqs.length === 0) faults.push(`unread socket ${index} got nothing`)
      }
      await resume(instance.url, apiKey, readers[0]!.seqs.at(-1)!, faults)
      console.log(
        `memory ${mebibytes(before)}, at most ${mebibytes(peak)}; closed with ${readers.map((r) => r.closeCode())}`,
      )
    },
  })
  return { ...outcome, faults: [...outcome.faults, ...faults] }
}

/** A client that was cut off comes back with the last entry it has. */
async function resume(url: string, apiKey: string, since: number, faults: string[]): Promise<void> {
  const again = connectPausing(url, apiKey, since)
  while (again.seqs.length < 100) await Bun.sleep(5)
  const hole = again.seqs.findIndex((seq, place) => seq !== since + place + 1)
  if (hole >= 0) faults.push(`resumed after ${since}, it got ${again.seqs[hole]}`)
  again.destroy()
}

const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`
