import { configure, jsonLinesFormatter, type LogRecord, reset, type Sink } from '@logtape/logtape'
import { redactByField } from '@logtape/redaction'
import type { Config } from '../config/settings'
import { createRedact, loggable } from './redaction'

const SECRET_FIELDS = [/secret/i, /token/i, /password/i, /api.?key/i, /authorization/i, /cookie/i]

/**
 * Sends log lines to stderr and optionally to a rotated file, without secrets and personal data. Commands print their
 * results to stdout.
 */
export async function startLogging({ log, secrets }: Pick<Config, 'log' | 'secrets'>): Promise<void> {
  const redact = createRedact(secrets)
  const shape = (formatter: (record: LogRecord) => string) => (record: LogRecord) =>
    redact(formatter(printable(record)))
  const formatter = shape(log.format === 'pretty' ? await prettyFormatter() : jsonLinesFormatter)
  const toStderr: Sink = (record) => process.stderr.write(formatter(record))
  const sinks: Record<string, Sink & Partial<Disposable>> = { terminal: redactByField(toStderr, SECRET_FIELDS) }
  if (log.file) {
    const { createDailyLogFile } = await import('./log-file')
    sinks.file = redactByField(createDailyLogFile(log.file, shape(jsonLinesFormatter)), SECRET_FIELDS)
  }
  await configure({
    reset: true,
    sinks,
    loggers: [
      { category: 'cti', lowestLevel: log.level, sinks: Object.keys(sinks) },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['terminal'] },
    ],
  })
}

const prettyFormatter = async () =>
  (await import('@logtape/pretty')).getPrettyFormatter({ timestamp: 'time', properties: false })

/** Formats the values of a record: text without quotes, errors with their stack but without their data. */
function printable(record: LogRecord): LogRecord {
  const properties = Object.fromEntries(
    Object.entries(record.properties).map(([name, value]) => [name, loggable(value)]),
  )
  return { ...record, message: [record.message.map((part) => String(loggable(part))).join('')], properties }
}

/** Writes buffered lines and stops logging, because a closed file's descriptor may soon belong to another file. */
export const stopLogging = (): Promise<void> => reset()
