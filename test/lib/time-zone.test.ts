import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { isTimeZone, offsetAt, segmentsOf, startOfDate } from '../../src/lib/time-zone'

const HOUR = 3_600_000
const utc = (text: string) => Date.parse(`${text}Z`)
const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Asia/Kathmandu']

test('an offset is the difference of the zone’s clock to UTC, by the season', () => {
  expect(offsetAt('America/New_York', utc('2026-01-15T12:00')) / HOUR).toBe(-5)
  expect(offsetAt('America/New_York', utc('2026-07-15T12:00')) / HOUR).toBe(-4)
  expect(offsetAt('Asia/Kolkata', utc('2026-07-15T12:00')) / HOUR).toBe(5.5)
  expect(offsetAt('Australia/Lord_Howe', utc('2026-01-15T12:00')) / HOUR).toBe(11)
  expect(offsetAt('Australia/Lord_Howe', utc('2026-07-15T12:00')) / HOUR).toBe(10.5)
})

test('a range is cut at the instant at which the clock is changed', () => {
  const [before, after, ...more] = segmentsOf('Europe/Berlin', utc('2026-03-01T00:00'), utc('2026-04-01T00:00'))
  expect(more).toEqual([])
  expect(before!.to).toBe(utc('2026-03-29T01:00'))
  expect([before!.offset, after!.offset]).toEqual([HOUR, 2 * HOUR])
  const fall = segmentsOf('America/New_York', utc('2026-10-20T00:00'), utc('2026-11-20T00:00'))
  expect(fall.map(({ to }) => to)).toEqual([utc('2026-11-01T06:00'), utc('2026-11-20T00:00')])
})

test('segments follow each other without gaps, and every instant has its segment’s offset', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.integer({ min: utc('2024-01-01T00:00'), max: utc('2027-01-01T00:00') }),
      fc.integer({ min: 1, max: 400 * 24 * HOUR }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (zone, from, length, part) => {
        const segments = segmentsOf(zone, from, from + length)
        expect(segments[0]!.from).toBe(from)
        expect(segments.at(-1)!.to).toBe(from + length)
        for (const [i, { to }] of segments.slice(0, -1).entries()) expect(segments[i + 1]!.from).toBe(to)
        const at = from + Math.floor(length * part)
        expect(segments.find((one) => at >= one.from && at < one.to)!.offset).toBe(offsetAt(zone, at))
      },
    ),
    { numRuns: 200 },
  )
})

test('a date begins at its zone’s midnight, or where the clock is set past it', () => {
  expect(startOfDate('America/New_York', '2026-07-01')).toBe(utc('2026-07-01T04:00'))
  expect(startOfDate('Asia/Kolkata', '2026-07-01')).toBe(utc('2026-06-30T18:30'))
  // Cuba changes its clock at midnight: this day begins at one.
  expect(startOfDate('America/Havana', '2026-03-08')).toBe(utc('2026-03-08T05:00'))
  expect(startOfDate('UTC', '2026-02-31')).toBeNull()
})

test('only names of time zones are time zones', () => {
  expect(ZONES.every(isTimeZone)).toBe(true)
  expect(['', 'Mars/Olympus', '+05:00', 'x'.repeat(60)].some(isTimeZone)).toBe(false)
})
