import type { Party } from './party'

/**
 * Reads Dialpad's fields leniently: a missing field, or one of the wrong type, is null and never an error.
 * Numbers may be strings (REST), and times may be epoch milliseconds or ISO 8601.
 */
export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first named field that is a non-empty string, else null. */
export function text(fields: Fields, ...names: string[]): string | null {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return null
}

/** The first named field that is a Dialpad id: a positive integer, or its digits. */
export function id(fields: Fields, ...names: string[]): number | null {
  for (const name of names) {
    const number = toNumber(fields[name])
    if (number !== null && Number.isSafeInteger(number) && number > 0) return number
  }
  return null
}

/** The digits of the first named field that is an integer larger than 2^53-1, else null. */
export function unsafeId(fields: Fields, ...names: string[]): string | null {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && /^\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value))) return value
  }
  return null
}

/** A time in ms since the epoch, from milliseconds, seconds, their digits or ISO 8601. */
export function instant(fields: Fields, ...names: string[]): number | null {
  for (const name of names) {
    const value = fields[name]
    const number = toNumber(value) ?? (typeof value === 'string' ? Date.parse(value) : Number.NaN)
    const ms = number < SECONDS_BELOW ? number * 1000 : number
    if (ms > 0 && ms <= MAX_INSTANT) return Math.round(ms)
  }
  return null
}

/** A duration in whole seconds, from milliseconds (possibly a float). */
export function seconds(fields: Fields, name: string): number | null {
  const ms = toNumber(fields[name])
  return ms === null || ms < 0 || ms > MAX_DURATION_MS ? null : Math.round(ms / 1000)
}

/** A boolean, which may be sent as text or a number. */
export const flag = (fields: Fields, name: string): boolean =>
  fields[name] === true || fields[name] === 1 || /^(true|1|yes)$/i.test(String(fields[name]))

export const list = (fields: Fields, name: string): unknown[] => (Array.isArray(fields[name]) ? fields[name] : [])

export const strings = (fields: Fields, name: string): string[] =>
  list(fields, name).filter((item): item is string => typeof item === 'string')

export const object = (fields: Fields, name: string): Fields => (isFields(fields[name]) ? fields[name] : {})

/** A contact or target, or null. */
export function party(fields: Fields, name: string): Party | null {
  const from = object(fields, name)
  if (Object.keys(from).length === 0) return null
  return {
    id: id(from, 'id') ?? text(from, 'id'),
    type: text(from, 'type'),
    name: text(from, 'name'),
    phone: text(from, 'phone', 'phone_number'),
    email: text(from, 'email'),
  }
}

const SECONDS_BELOW = 1e11
/** The year 2200. Later times are invalid. */
const MAX_INSTANT = Date.UTC(2200, 0, 1)
const MAX_DURATION_MS = 2_000_000_000 * 1000

export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value)
  return null
}
