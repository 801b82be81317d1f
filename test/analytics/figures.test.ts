import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FIGURES } from '../../src/analytics/figures'
import { COMBINED, LENGTH_MS } from '../../src/analytics/intervals'
import { createPacker, packed, unpacked } from '../../src/analytics/packed-figures'
import { divide } from '../../src/analytics/parts'
import { type AnalyticsQueries, createAnalyticsQueries, type FiguresRequest } from '../../src/analytics/queries'
import { createRollUp } from '../../src/analytics/roll-up'
import { type AnalyticsStore, createAnalyticsStore } from '../../src/analytics/store'
import type { FiguresRow } from '../../src/analytics/table'
import { createAppStore } from '../../src/apps/store'
import { type ConversationRow, conversationOf } from '../../src/calls/conversation'
import { createCallStore } from '../../src/calls/store'
import type { Database } from '../../src/db/database'
import { ROLLUP_SIZES } from '../../src/db/tables'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { draws } from '../support/draws'

/** Figures from the database against figures counted record by record, with the runtime's own calendar. */

const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kolkata', 'Australia/Lord_Howe'] as const
const INTERVALS = ['hour', 'day', 'week', 'total'] as const
const GROUPS = ['none', 'direction', 'user', 'target', 'customer'] as const
const utc = (text: string) => Date.parse(`${text}Z`)
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Weeks in which these zones change their clocks. */
const CHANGES = [
  '2026-03-08T06:00',
  '2026-03-29T00:00',
  '2026-04-04T14:00',
  '2026-10-03T15:00',
  '2026-11-01T05:00',
].map(utc)

const instant = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -3 * DAY, max: 4 * DAY }))
  .map(([around, offset]) => around + offset)
const party = (type: string, id: number) => ({ id, type, name: `${type} ${id}`, phone: null, email: null })
const numbers = ['+15555550101', '+15555550102', '+15555550103']

const conversation = fc
  .record({
    startedAt: instant,
    direction: fc.constantFrom('inbound', 'outbound'),
    outcome: fc.constantFrom('open', 'answered', 'missed', 'voicemail', 'abandoned', 'unanswered', 'rejected'),
    waitedSeconds: fc.option(fc.nat(500)),
    talkSeconds: fc.nat(1000),
    holdSeconds: fc.nat(100),
    dialpadUserId: fc.option(fc.integer({ min: 1, max: 3 })),
    target: fc.option(fc.constantFrom(party('user', 1), party('call_center', 1), party('call_center', 2))),
    customerId: fc.option(fc.constantFrom('c1', 'c9')),
    externalNumber: fc.constantFrom(...numbers),
  })
  .map((row) => ({ ...row, kind: 'conversation' as const, at: row.startedAt }))
const message = fc
  .record({
    sentAt: instant,
    direction: fc.constantFrom('inbound', 'outbound'),
    dialpadUserId: fc.option(fc.integer({ min: 1, max: 3 })),
    target: fc.option(fc.constantFrom(party('user', 1), party('call_center', 1))),
    externalNumber: fc.constantFrom(...numbers),
  })
  .map((row) => ({ ...row, kind: 'message' as const, at: row.sentAt }))
type Record_ = { direction: string } & (
  | (typeof conversation extends fc.Arbitrary<infer T> ? T : never)
  | (typeof message extends fc.Arbitrary<infer T> ? T : never)
)

/** The customers of two of the numbers; the third one's is unknown. */
const customerOf: Record<string, string> = { [numbers[0]!]: 'c1', [numbers[1]!]: 'c2' }

function keyOf(record: Record_, groupBy: (typeof GROUPS)[number]): string {
  if (groupBy === 'direction') return record.direction
  if (groupBy === 'user') return record.dialpadUserId === null ? '' : String(record.dialpadUserId)
  if (groupBy === 'target') return record.target ? `${record.target.type}:${record.target.id}` : ''
  if (groupBy !== 'customer') return ''
  return ('customerId' in record ? record.customerId : null) ?? customerOf[record.externalNumber] ?? ''
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** What people call the interval that an instant is in. */
function labelOf(at: number, interval: (typeof INTERVALS)[number], zone: string): string {
  if (interval === 'total') return 'all'
  const id = `${zone} ${interval === 'hour'}`
  const hour = interval === 'hour' ? ({ hour: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' } as const) : {}
  const format =
    formats.get(id) ??
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', ...hour })
  formats.set(id, format)
  const text = format.format(at)
  if (interval !== 'week') return text
  const date = new Date(`${text}T00:00:00Z`)
  return new Date(date.getTime() - ((date.getUTCDay() + 6) % 7) * DAY).toISOString().slice(0, 10)
}

function count(records: Record_[]) {
  const calls = records.filter((one) => one.kind === 'conversation')
  const texts = records.filter((one) => one.kind === 'message')
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  const answered = calls.filter(({ outcome }) => outcome === 'answered')
  const inbound = answered.filter(({ direction }) => direction === 'inbound')
  const waited = calls.filter(
    ({ direction, outcome }) => direction === 'inbound' && outcome !== 'open' && outcome !== 'rejected',
  )
  return {
    offered: calls.filter(({ outcome }) => outcome !== 'rejected').length,
    answered: answered.length,
    missed: calls.filter(({ outcome }) => outcome === 'missed').length,
    voicemail: calls.filter(({ outcome }) => outcome === 'voicemail').length,
    abandoned: calls.filter(({ outcome }) => outcome === 'abandoned').length,
    answeredInbound: inbound.length,
    answerSeconds: sum(inbound.map(({ waitedSeconds }) => waitedSeconds ?? 0)),
    talkSeconds: sum(answered.map(({ talkSeconds }) => talkSeconds)),
    holdSeconds: sum(answered.map(({ holdSeconds }) => holdSeconds)),
    longestWaitSeconds: Math.max(0, ...waited.map(({ waitedSeconds }) => waitedSeconds ?? 0)),
    messagesIn: texts.filter(({ direction }) => direction === 'inbound').length,
    messagesOut: texts.filter(({ direction }) => direction === 'outbound').length,
  }
}

describe.each(backends)('figures on %s', (name, open) => {
  let database: Database
  let store: AnalyticsStore
  let queries: AnalyticsQueries
  beforeAll(async () => {
    database = await open()
    store = createAnalyticsStore(database)
    queries = createAnalyticsQueries({ database, store })
  }, 60_000)
  afterAll(() => database.close())

  const rollUpOf = (appId: string) =>
    createRollUp({
      database,
      store,
      apps: { store: createAppStore(database) },
      allAppIds: async () => [appId],
      clock: () => utc('2030-01-01T00:00'),
    })

  const save = (rows: ConversationRow[]) =>
    database.transaction((tx) => createCallStore(database).saveConversations(tx, rows))
  const mark = (appId: string, instants: number[]) =>
    database.transaction((tx) => store.markChanged(tx, appId, instants))

  async function insert(appId: string, records: Record_[]): Promise<void> {
    const base = {
      appId,
      fromNumber: null,
      toNumber: null,
      isInternal: false,
      contact: null,
      createdAt: 0,
      updatedAt: 0,
    }
    const conversations = records.flatMap((record) => {
      if (record.kind !== 'conversation') return []
      const { kind, at, ...row } = record
      const unknown = { answeredAt: null, endedAt: null, durationSeconds: null, jobId: null }
      return [{ ...base, ...row, ...unknown, id: crypto.randomUUID(), status: 'ended', legCount: 1 } as never]
    })
    const messages = records.flatMap((record) => {
      if (record.kind !== 'message') return []
      const { kind, at, ...row } = record
      const dialpadMessageId = crypto.getRandomValues(new Uint32Array(1))[0]!
      return [{ ...base, ...row, id: crypto.randomUUID(), dialpadMessageId, toNumbers: [], snapshotAt: 0 } as never]
    })
    await save(conversations)
    if (messages.length > 0) await database.queries.insert(database.tables.messages).values(messages)
    await mark(
      appId,
      records.map(({ at }) => at),
    )
  }

  async function insertCustomers(appId: string): Promise<void> {
    const { customers, customerPhones } = database.tables
    for (const [phone, externalId] of Object.entries(customerOf)) {
      const id = crypto.randomUUID()
      await database.queries
        .insert(customers)
        .values({ id, appId, externalId, name: externalId, attributes: {}, createdAt: 0, updatedAt: 0 })
      await database.queries.insert(customerPhones).values({ appId, customerId: id, phone })
    }
    // A number of several customers belongs to the first one created.
    const later = { id: `z${crypto.randomUUID()}`, appId, externalId: 'c3', name: 'c3', attributes: {} }
    await database.queries.insert(customers).values({ ...later, createdAt: 1, updatedAt: 1 })
    await database.queries.insert(customerPhones).values({ appId, customerId: later.id, phone: numbers[0]! })
  }

  function check(
    rows: FiguresRow[],
    records: Record_[],
    interval: (typeof INTERVALS)[number],
    zone: string,
    groupBy: (typeof GROUPS)[number],
  ) {
    const expected = Map.groupBy(records, (one) => `${labelOf(one.at, interval, zone)} ${keyOf(one, groupBy)}`)
    const shown = rows.filter(({ figures }) => groupBy !== 'none' || Object.values(figures).some((value) => value > 0))
    const some = [...expected].map(([label, group]) => [label, count(group)] as const)
    const counted =
      groupBy === 'none' ? some.filter(([, figures]) => Object.values(figures).some((value) => value > 0)) : some
    expect(
      Object.fromEntries(shown.map(({ start, key, figures }) => [`${labelOf(start, interval, zone)} ${key}`, figures])),
    ).toEqual(Object.fromEntries(counted))
  }

  test('are those of a plain count, in every zone, interval and group, whatever is rolled up, combined or changed since', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(conversation, message) as fc.Arbitrary<Record_>, { minLength: 1, maxLength: 25 }),
        fc.array(fc.oneof(conversation, message) as fc.Arbitrary<Record_>, { maxLength: 10 }),
        fc.constantFrom(...ZONES),
        fc.constantFrom(...INTERVALS),
        fc.constantFrom(...GROUPS),
        fc.tuple(instant, fc.integer({ min: 1, max: 60 * DAY })),
        fc.constantFrom<(number[] | undefined)[]>(undefined, undefined, [1], [2, 3], []),
        async (early, late, zone, interval, groupBy, [from, length], dialpadUserIds) => {
          const appId = await insertApp(database, 'One', 0)
          await insertCustomers(appId)
          const to = from + length
          const ask = () =>
            queries.figures({ appIds: [appId], from, to, interval, timeZone: zone, groupBy, dialpadUserIds })
          const isAsked = ({ at, dialpadUserId }: Record_) =>
            at >= from && at < to && (!dialpadUserIds || dialpadUserIds.some((id) => id === dialpadUserId))
          const inRange = (records: Record_[]) => records.filter(isAsked)
          const rollUp = rollUpOf(appId)
          await insert(appId, early)
          await rollUp.run()
          await rollUp.combine()
          check(await ask(), inRange(early), interval, zone, groupBy)
          const all = inRange([...early, ...late])
          await insert(appId, late)
          check(await ask(), all, interval, zone, groupBy)
          await rollUp.run()
          check(await ask(), all, interval, zone, groupBy)
          await rollUp.combine()
          check(await ask(), all, interval, zone, groupBy)
        },
      ),
      // Each draw costs Postgres five times what it costs SQLite.
      { numRuns: draws(name === 'Postgres' ? 5 : 20) },
    )
  }, 240_000)

  test('ungrouped have a row for every interval, one after the other, from the beginning to the end', async () => {
    const appId = await insertApp(database, 'Empty', 0)
    const [from, to] = [utc('2026-10-25T00:00') - 2 * DAY + 7, utc('2026-11-05T00:00')]
    for (const timeZone of ZONES)
      for (const interval of INTERVALS) {
        const rows = await queries.figures({ appIds: [appId], from, to, interval, timeZone, groupBy: 'none' })
        expect(rows[0]!.start).toBe(from)
        expect(rows.at(-1)!.end).toBe(to)
        for (const [i, { end }] of rows.slice(0, -1).entries()) expect(rows[i + 1]!.start).toBe(end)
        const labels = rows.map(({ start }) => labelOf(start, interval, timeZone))
        expect(new Set(labels).size).toBe(labels.length)
      }
    const days = await queries.figures({
      appIds: [appId],
      from,
      to,
      interval: 'day',
      timeZone: 'America/New_York',
      groupBy: 'none',
    })
    expect(days.map(({ start, end }) => (end - start) / HOUR)).toContain(25)
  })

  test('of a customer do not depend on roll-ups, but on the current directory', async () => {
    const appId = await insertApp(database, 'Two', 0)
    const at = utc('2026-05-05T05:05')
    const row = {
      ...conversationOf(
        [
          {
            conversationId: 'c',
            appId,
            startedAt: at,
            status: 'missed',
            direction: 'inbound',
            externalNumber: numbers[0],
            createdAt: 0,
            connectedAt: null,
            endedAt: null,
            learned: null,
            target: null,
            isInternal: false,
          } as never,
        ],
        0,
      ),
    }
    await save([row])
    const ask = async () =>
      (
        await queries.figures({
          appIds: [appId],
          from: at,
          to: at + 1,
          interval: 'total',
          timeZone: 'UTC',
          groupBy: 'customer',
        })
      ).map(({ key }) => key)
    expect(await ask()).toEqual([''])
    await insertCustomers(appId)
    expect(await ask()).toEqual(['c1'])
  })

  test('of past days come from combined buckets, and from the days again once one of them changed', async () => {
    const appId = await insertApp(database, 'Past', 0)
    const rollUp = rollUpOf(appId)
    const from = 16 * DAY * Math.floor(utc('2026-05-05T05:05') / (16 * DAY))
    const range = { from, to: from + 16 * DAY }
    const offered = async () => {
      const rows = await queries.figures({
        ...{ appIds: [appId], interval: 'total', timeZone: 'UTC', groupBy: 'user' },
        ...range,
      })
      return rows.map(({ figures }) => figures.offered)
    }
    const day = fc.sample(conversation, 1)[0]!
    const call = { ...day, outcome: 'missed', dialpadUserId: 1 } as typeof day
    const on = (days: number) => ({ ...call, startedAt: from + days * DAY, at: from + days * DAY })
    await insert(appId, [on(0), on(5), on(15)])
    await rollUp.run()
    await rollUp.combine()
    const combined = await store.combinedIn(database.queries, appId, 'user', range)
    expect([...combined.four_days]).toEqual([from, from + 4 * DAY, from + 12 * DAY])
    expect([...combined.sixteen_days]).toEqual([from])
    expect(await offered()).toEqual([3])
    await insert(appId, [on(6)])
    expect(await offered()).toEqual([4])
    await rollUp.run()
    expect((await store.combinedIn(database.queries, appId, 'user', range)).four_days.size).toBe(2)
    expect(await offered()).toEqual([4])
    await rollUp.combine()
    expect((await store.combinedIn(database.queries, appId, 'user', range)).sixteen_days.size).toBe(1)
    expect(await offered()).toEqual([4])
  })

  test('of too many intervals are refused', async () => {
    const ask: FiguresRequest = {
      appIds: [],
      from: 0,
      to: utc('2026-01-01T00:00'),
      interval: 'hour',
      timeZone: 'UTC',
      groupBy: 'none',
    }
    expect(queries.figures(ask)).rejects.toMatchObject({ code: 'validation_failed' })
  })
})

test('the figures of a bucket are stored without loss, whatever the keys and however large the sums', () => {
  const figures = fc.record(
    Object.fromEntries(FIGURES.map((name) => [name, fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat())])),
  )
  const group = fc.tuple(fc.string({ unit: 'binary' }), fc.option(fc.string()), figures)
  fc.assert(
    fc.property(fc.uniqueArray(group, { selector: ([key]) => key, maxLength: 20 }), (groups) => {
      const packer = createPacker()
      for (const [key, label, figures] of groups) packer.add(key, label, figures)
      const again = createPacker()
      again.addAll(unpacked(packed(packer)))
      expect([...again.groups]).toEqual([...packer.groups])
    }),
  )
})

test('a stretch is divided into buckets of its periods and what is counted, and nothing is left out or counted twice', () => {
  fc.assert(
    fc.property(
      fc.nat(2 * DAY),
      fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 40 * HOUR }), fc.integer({ min: 1, max: 40 * DAY })), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.uniqueArray(fc.nat(100).map((hour) => hour * HOUR)),
      fc.subarray([0, 4, 8, 12, 16, 20].map((day) => day * DAY)),
      fc.subarray([0, 16 * DAY]),
      (from, lengths, hours, fourDays, sixteenDays) => {
        const ends = lengths.toSorted((a, b) => a - b).map((length) => from + length)
        const periods = ends.map((end, i) => ({ start: ends[i - 1] ?? from, end }))
        const changed = hours.toSorted((a, b) => a - b)
        const to = ends.at(-1)!
        const combined = { four_days: new Set(fourDays), sixteen_days: new Set(sixteenDays) }
        const { buckets, counted } = divide({ from, to, periodOf: new Map(periods.entries()) }, changed, combined)
        const rolledUp = ROLLUP_SIZES.flatMap((size) =>
          [...buckets[size]].map(([at, period]) => ({ from: at, to: at + LENGTH_MS[size], period })),
        )
        for (const size of COMBINED) for (const at of buckets[size].keys()) expect(combined[size].has(at)).toBe(true)
        const all = [...rolledUp, ...counted].sort((a, b) => a.from - b.from)
        expect(all[0]!.from).toBe(from)
        expect(all.at(-1)!.to).toBe(to)
        for (const [i, range] of all.slice(0, -1).entries()) expect(all[i + 1]!.from).toBe(range.to)
        for (const range of rolledUp) {
          expect(range.from % (range.to - range.from)).toBe(0)
          expect(range.from).toBeGreaterThanOrEqual(range.period.start)
          expect(range.to).toBeLessThanOrEqual(range.period.end)
          expect(changed.some((hour) => hour < range.to && hour + HOUR > range.from)).toBe(false)
        }
        // Of an hour that did not change, less than a quarter of an hour is counted where a period begins or ends.
        const isUnchanged = (range: { from: number; to: number }) =>
          !changed.some((hour) => hour < range.to && hour + HOUR > range.from)
        const countedMs = counted.filter(isUnchanged).reduce((total, range) => total + range.to - range.from, 0)
        expect(countedMs).toBeLessThan((2 * periods.length * HOUR) / 4)
      },
    ),
    { numRuns: 1000 },
  )
})
