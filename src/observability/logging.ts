import { configure, jsonLinesFormatter, type LogRecord, reset, type Sink } from '@logtape/logtape'
import { getPrettyFormatter } from '@logtape/pretty'
import { redactByField } from '@logtape/redaction'
import type { Config } from '../config/settings'
import { createDailyLogFile } from './log-file'
import { createRedact, loggable } from './redaction'

const SECRET_FIELDS = [/secret/i, /token/i, /password/i, /api.?key/i, /authorization/i, /cookie/i]

/**
 * Routes every log line to the terminal and, if asked, a rotated file; secrets and personal data never pass. Written to
 * stderr: stdout is for answers.
 */
export async function startLogging({ log, secrets }: Pick<Config, 'log' | 'secrets'>): Promise<void> {
  const redact = createRedact(secrets)
  const shape = (formatter: (record: LogRecord) => string) => (record: LogRecord) =>
    redact(formatter(printable(record)))
  const pretty = getPrettyFormatter({ timestamp: 'time', properties: false })
  const formatter = log.format === 'pretty' ? shape(pretty) : shape(jsonLinesFormatter)
  const toStderr: Sink = (record) => process.stderr.write(formatter(record))
  const sinks: Record<string, Sink & Partial<Disposable>> = { terminal: redactByField(toStderr, SECRET_FIELDS) }
  if (log.file) sinks.file = redactByField(createDailyLogFile(log.file, shape(jsonLinesFormatter)), SECRET_FIELDS)
  await configure({
    reset: true,
    sinks,
    loggers: [
      { category: 'cti', lowestLevel: log.level, sinks: Object.keys(sinks) },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['terminal'] },
    ],
  })
}

/** Texts stand in a message as they are, not quoted; errors with their stack and without the data they are about. */
function printable(record: LogRecord): LogRecord {
  const properties = Object.fromEntries(
    Object.entries(record.properties).map(([name, value]) => [name, loggable(value)]),
  )
  return { ...record, message: [record.message.map((part) => String(loggable(part))).join('')], properties }
}

/** Writes what is still buffered. Nothing is logged from then on: the number of a closed file soon belongs to another. */
export const stopLogging = (): Promise<void> => reset()
