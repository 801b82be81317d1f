const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i
const MIN = 0
const MAX = Date.UTC(2201, 0, 1) - 1
/** Smaller numbers are treated as seconds. In milliseconds they would be before 1973. */
const SECONDS_BELOW = 100_000_000_000

/**
 * Parses a time from a client: ISO 8601 (UTC by default, a date alone is midnight) or epoch
 * milliseconds. @returns ms since the epoch, or the problem, phrased to follow the field's name.
 */
export function parseInstant(text: string): { at: number } | { problem: string } {
  const at = /^\d{1,16}$/.test(text) ? Number(text) : fromIso(text)
  if (at === null) return { problem: 'must be an ISO 8601 time such as 2026-01-29T12:00:00Z, or epoch milliseconds' }
  if (/^\d+$/.test(text) && at > 0 && at < SECONDS_BELOW)
    return { problem: `looks like seconds; epoch milliseconds would be ${text}000` }
  if (at < MIN || at > MAX) return { problem: 'must be between 1970 and 2200' }
  return { at }
}

function fromIso(text: string): number | null {
  const match = ISO.exec(text)
  if (!match) return null
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  const isReal = !Number.isNaN(at) && new Date(at).getUTCDate() === Number(day)
  return isReal ? at - offsetMs(zone) : null
}

function offsetMs(zone: string): number {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  return sign ? Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0
}
