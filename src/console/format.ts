import type { CallStatus } from '../lib/call-status'
import { readableNumber } from '../sdk/dialable-number'
import { clockTime } from '../sdk/react/format'
import { serverNow } from './clock'

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

/** Time zone of all displayed times, such as `Europe/Paris`. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const thisYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const minute = new Intl.DateTimeFormat(undefined, clock)
const second = new Intl.DateTimeFormat(undefined, { ...clock, second: '2-digit' })
const exact = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  ...clock,
  second: '2-digit',
  timeZoneName: 'short',
})

/** Null for an invalid instant, because a record may contain anything. */
const dateOf = (instant: string): Date | null => {
  const date = new Date(instant)
  return Number.isNaN(date.getTime()) ? null : date
}
const formatted = (instant: string, format: (date: Date) => string): string => {
  const date = dateOf(instant)
  return date ? format(date) : instant
}

export const time = (instant: string): string => formatted(instant, (date) => second.format(date))

/** The full instant with its time zone. */
export const exactTime = (instant: string): string =>
  formatted(instant, (date) => `${exact.format(date)} (${TIME_ZONE})`)

/** Formats an instant: only the time for today, otherwise with the day. */
export function when(instant: string | null | undefined): string {
  if (!instant) return '–'
  return formatted(instant, (date) => {
    const today = new Date(serverNow())
    if (date.toDateString() === today.toDateString()) return `Today ${minute.format(date)}`
    const format = date.getFullYear() === today.getFullYear() ? thisYear : day
    return `${format.format(date)}, ${minute.format(date)}`
  })
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function ago(instant: string | null | undefined, now = serverNow()): string {
  if (!instant) return 'never'
  return formatted(instant, (date) => {
    const seconds = Math.round((date.getTime() - now) / 1000)
    for (const [unit, size] of STEPS)
      if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
    return 'just now'
  })
}

export const duration = (seconds: number | null | undefined): string => (seconds == null ? '–' : clockTime(seconds))
export const number = (text: string | null | undefined): string => (text ? readableNumber(text) : 'Unknown number')
export const count = (value: number): string => value.toLocaleString()

const hour = new Intl.DateTimeFormat(undefined, { weekday: 'short', ...clock })
/** Formats times for the axis of a plot over an hour, a day, or days. */
export const hourTime = (at: number): string => minute.format(at)
export const dayTime = (at: number): string => hour.format(at)
export const dayName = (at: number): string => thisYear.format(at)

const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })
export const percent = (share: number | null | undefined): string => (share == null ? '–' : PERCENT.format(share))

/** Formats a file size given in bytes. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let index = 0
  let value = size
  for (; value >= 1000 && index < units.length - 1; index++) value /= 1000
  return `${value.toFixed(value < 10 && index > 0 ? 1 : 0)} ${units[index]}`
}
