import { configure, dispose, jsonLinesFormatter, type LogRecord, type Sink } from '@logtape/logtape'
import { getPrettyFormatter } from '@logtape/pretty'
import { JWT_PATTERN, redactByField, redactByPattern } from '@logtape/redaction'
import type { Config } from '../config/settings'
import { createDailyLogFile } from './log-file'

const API_KEY_PATTERN = { pattern: /raw_[0-9a-f]{8,}/g, replacement: 'raw_…' }
const SECRET_FIELDS = [/secret/i, /token/i, /password/i, /api.?key/i, /authorization/i, /cookie/i]

/** Routes every log line to the terminal and, if asked, a rotated file; secrets never pass. Written to stderr: stdout is for answers. */
export async function startLogging({ log }: Pick<Config, 'log'>): Promise<void> {
  const shape = (formatter: (record: LogRecord) => string) =>
    redactByPattern((record) => formatter(asText(record)), [JWT_PATTERN, API_KEY_PATTERN])
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

/** Texts stand in a message as they are, not quoted; errors with their stack. */
function asText(record: LogRecord): LogRecord {
  const parts = record.message.map((part) => (typeof part === 'string' ? part : Bun.inspect(part)))
  return { ...record, message: [parts.join('')] }
}

/** Writes what is still buffered. */
export const stopLogging = (): Promise<void> => dispose()
