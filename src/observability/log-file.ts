import { mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { getRotatingFileSink } from '@logtape/file'
import type { LogRecord, Sink } from '@logtape/logtape'

const FILE_BYTES = 10 * 1024 * 1024
const FILES_PER_DAY = 10
const DAYS_KEPT = 14

/**
 * A log file that rotates by day and by size: `cti.log` becomes `cti-2026-01-29.log`, in parts of 10 MiB. The last
 * 14 days are kept. The library rotates by time or by size, not by both: this opens its size-rotated file of the day.
 */
export function createDailyLogFile(path: string, formatter: (record: LogRecord) => string): Sink & Disposable {
  const [folder, suffix] = [dirname(path), extname(path)]
  const stem = basename(path, suffix)
  let day = ''
  let sink: (Sink & Disposable) | null = null

  function open(today: string): Sink & Disposable {
    sink?.[Symbol.dispose]()
    day = today
    mkdirSync(folder, { recursive: true })
    const days = new RegExp(`^${RegExp.escape(stem)}-(\\d{4}-\\d{2}-\\d{2})${RegExp.escape(suffix)}`)
    const written = readdirSync(folder).map((name) => ({ name, day: days.exec(name)?.[1] }))
    const kept = [...new Set(written.flatMap(({ day }) => day ?? []))].sort().slice(-DAYS_KEPT + 1)
    for (const { name, day } of written) if (day && !kept.includes(day)) unlinkSync(join(folder, name))
    const file = join(folder, `${stem}-${today}${suffix}`)
    return getRotatingFileSink(file, { maxSize: FILE_BYTES, maxFiles: FILES_PER_DAY, formatter })
  }

  let isClosed = false
  const write = (record: LogRecord) => {
    // The library would write to its old file descriptor, which may be a socket by now.
    if (isClosed) return
    const today = new Date(record.timestamp).toISOString().slice(0, 10)
    if (sink === null || today !== day) sink = open(today)
    sink(record)
  }
  const dispose = () => {
    if (!isClosed) sink?.[Symbol.dispose]()
    isClosed = true
  }
  return Object.assign(write, { [Symbol.dispose]: dispose })
}
