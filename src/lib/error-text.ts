/** Maximum stack frames in a log line. */
const MAX_FRAMES = 12
const MAX_MESSAGE_CHARS = 500
const MAX_CAUSES = 4

/**
 * An error's message without data: a failed query without its parameters, and a Postgres message
 * without the rejected value.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? shortened(error) : typeof error
  const fields = error as Error & { query?: unknown; params?: unknown; code?: unknown }
  if (typeof fields.query === 'string' && 'params' in fields) return shortened(`failed query: ${fields.query}`)
  const code = fields.code === undefined ? '' : String(fields.code)
  const message = isAboutValue(error.name, code) ? error.message.replace(/"[^"]*"|: .*/g, '…') : error.message
  return shortened(message || code)
}

/** Formats an error for the log: its name and message, its causes and its stack. */
export function errorReport(error: unknown): string {
  const lines: string[] = []
  let at = error
  for (let depth = 0; at instanceof Error && depth < MAX_CAUSES; depth++, at = at.cause) {
    const code = 'code' in at && at.code !== undefined ? ` (${String(at.code)})` : ''
    lines.push(`${depth === 0 ? '' : 'caused by '}${at.name}${code}: ${errorText(at)}`, ...framesOf(at))
  }
  return lines.length > 0 ? lines.join('\n') : errorText(error)
}

/** Messages of Postgres's data exceptions and constraints contain the value. So do messages of a JSON parser. */
const isAboutValue = (name: string, code: string) => name === 'SyntaxError' || /^2[23]\w{3}$/.test(code)

const framesOf = ({ stack }: Error): string[] =>
  (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MAX_FRAMES)

const shortened = (text: string) => (text.length > MAX_MESSAGE_CHARS ? `${text.slice(0, MAX_MESSAGE_CHARS)}…` : text)
