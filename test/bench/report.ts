import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { version } from '../../package.json'

/** One figure of the server beside the same work done bare, each as often as there were rounds. */
export interface Measured {
  what: string
  unit: string
  ours: number[]
  yardstick?: { name: string; values: number[] }
  note?: string
}

export interface Summary {
  what: string
  unit: string
  median: number
  yardstick: string | null
  yardstick_median: number | null
  ratio: number | null
  ratio_low: number | null
  ratio_high: number | null
  note: string | null
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Each round gives one ratio, so that the spread is that of the rounds. */
export function summarize({ what, unit, ours, yardstick, note }: Measured): Summary {
  const ratios = yardstick ? ours.map((value, round) => value / yardstick.values[round]!) : null
  return {
    what,
    unit,
    median: median(ours),
    yardstick: yardstick?.name ?? null,
    yardstick_median: yardstick ? median(yardstick.values) : null,
    ratio: ratios && median(ratios),
    ratio_low: ratios && Math.min(...ratios),
    ratio_high: ratios && Math.max(...ratios),
    note: note ?? null,
  }
}

export const machine = () => ({
  date: new Date().toISOString().slice(0, 10),
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory_gib: Math.round(totalmem() / 1024 ** 3),
  server: version,
  bun: Bun.version,
})

const figure = (value: number) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2)

export function cellsOf(row: Summary): string[] {
  const ratio =
    row.ratio === null ? '–' : `${row.ratio.toFixed(2)} (${row.ratio_low!.toFixed(2)}–${row.ratio_high!.toFixed(2)})`
  const beside = row.yardstick_median === null ? '–' : `${figure(row.yardstick_median)} ${row.unit} (${row.yardstick})`
  return [row.what, `${figure(row.median)} ${row.unit}`, beside, ratio, row.note ?? '']
}

export function table(rows: Summary[]): string {
  const all = [['what', 'this server', 'yardstick', 'ratio (spread)', 'note'], ...rows.map(cellsOf)]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((cells) => cells[column]!.length)))
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(all[0]!), line(widths.map((width) => '-'.repeat(width))), ...all.slice(1).map(line)].join('\n')
}

/** Puts text between a page's markers `<!-- name -->` and `<!-- /name -->`. */
export function fill(page: string, name: string, text: string): void {
  const path = join(import.meta.dir, '../../docs', page)
  const [before, rest] = readFileSync(path, 'utf8').split(`<!-- ${name} -->`)
  const after = rest?.split(`<!-- /${name} -->`)[1]
  if (after === undefined) throw new Error(`${page} has no markers ${name}`)
  writeFileSync(path, `${before}<!-- ${name} -->\n\n${text}\n\n<!-- /${name} -->${after}`)
}
