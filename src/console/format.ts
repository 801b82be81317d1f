import type { CallStatus } from '../lib/call-status'
import { readableNumber } from '../sdk/dialable-number'
import { clockTime } from '../sdk/react/format'

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'accent' | 'plain'

export const STATUS_TONE: Record<CallStatus, Tone> = {
  ringing: 'warn',
  active: 'ok',
  held: 'info',
  ended: 'plain',
  missed: 'bad',
  rejected: 'bad',
  voicemail: 'accent',
}

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const minute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const second = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

export const time = (instant: string): string => second.format(new Date(instant))

/** Today's instants by their time, others by their day too. */
export function when(instant: string | null | undefined): string {
  if (!instant) return '–'
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return instant
  const today = date.toDateString() === new Date().toDateString()
  return today ? `Today ${minute.format(date)}` : `${day.format(date)} ${minute.format(date)}`
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function ago(instant: string | null | undefined, now = Date.now()): string {
  if (!instant) return 'never'
  const seconds = Math.round((Date.parse(instant) - now) / 1000)
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
  return 'just now'
}

export const duration = (seconds: number | null | undefined): string => (seconds == null ? '–' : clockTime(seconds))
export const number = (text: string | null | undefined): string => (text ? readableNumber(text) : 'Unknown number')
export const count = (value: number): string => value.toLocaleString()
