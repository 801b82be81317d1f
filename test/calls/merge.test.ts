import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { mergeCall, withState } from '../../src/calls/merge'
import { movesCall, type TimedState } from '../../src/calls/state'
import type { CallRow } from '../../src/calls/store'
import type { CallChange } from '../../src/payload/call'

const T0 = 1_731_600_000_000

/** The call after the changes, in the order given. */
function callAfter(changes: CallChange[]): CallRow {
  let call: CallRow | null = null
  let states: TimedState[] = []
  for (const change of changes) {
    states = withState(states, change)
    const context = { appId: 'app', source: 'webhook', region: 'US', now: 1, newId: () => 'id' } as const
    call = mergeCall(call, change, states, context)
  }
  // Labels are a set: their order says nothing.
  return { ...call!, labels: call!.labels.toSorted() }
}

/** The same changes twice: as they are and in another order, some of them repeated. */
const twoOrders = (histories: fc.Arbitrary<CallChange[]>) =>
  histories.chain((history) =>
    fc.tuple(
      fc.constant(history),
      fc.tuple(fc.subarray(history), fc.infiniteStream(fc.nat())).map(([repeated, keys]) =>
        [...history, ...repeated]
          .map((change) => ({ change, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ change }) => change),
      ),
    ),
  )

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 2 })
const instant = fc.integer({ min: 0, max: 20 }).map((second) => T0 + second * 1000)
const party = (kind: string) =>
  fc.constantFrom(1, 2, 3).map((id) => ({ id, type: 'user', name: `${kind} ${id}`, phone: null, email: null }))

const STATES = [
  ...[
    'calling',
    'queued',
    'ringing',
    'connected',
    'merged',
    'hold',
    'parked',
    'voicemail',
    'missed',
    'blocked',
    'hangup',
  ],
  ...['abandoned', 'takeover'],
  ...['recording', 'transcription', 'recap_summary', 'dispositions', 'voicemail_uploaded', 'monitor', 'coach'],
]

/** Any change at all, also such as contradict each other. */
const anyChange: fc.Arbitrary<CallChange> = fc.record({
  kind: fc.constant('call' as const),
  dialpadCallId: fc.constant(1),
  linkedCallIds: fc.constant([]),
  state: fc.constantFrom(...STATES),
  at: instant,
  direction: orNull(fc.constantFrom('inbound' as const, 'outbound' as const)),
  externalNumber: orNull(fc.constantFrom('+15555550101', '+15555550102', 'blocked')),
  internalNumber: orNull(fc.constantFrom('+15555550201', '+15555550202')),
  startedAt: orNull(instant),
  rangAt: orNull(instant),
  connectedAt: orNull(instant),
  endedAt: orNull(instant),
  durationSeconds: orNull(fc.nat(100)),
  talkSeconds: orNull(fc.nat(100)),
  holdSeconds: orNull(fc.nat(100)),
  dialpadUserId: orNull(fc.constantFrom(1, 2, 3)),
  contact: orNull(party('Contact')),
  target: orNull(party('Target')),
  customData: orNull(fc.constantFrom<unknown>('x', { job_id: 1 })),
  customerId: orNull(fc.constantFrom('c1', 'c2')),
  jobId: orNull(fc.constantFrom('j1', 'j2')),
  isInternal: fc.boolean(),
  isTransferred: fc.boolean(),
  recordingUrl: orNull(fc.constantFrom('https://dialpad.com/r/1', 'https://dialpad.com/r/2')),
  transcript: orNull(fc.constantFrom('first', 'second')),
  recap: orNull(fc.constantFrom<Record<string, unknown>>({ summary: 'a' }, { summary: 'b' }, { outcome: 'c' })),
  labels: fc.subarray(['vip', 'sales', 'urgent']),
  recording: orNull(fc.constantFrom('1', '2').map((id) => ({ id, type: 'callrecording' }))),
  recordingIsAdmins: fc.boolean(),
  voicemailUrl: fc.constant(null),
  voicemailSeconds: fc.constant(null),
  voicemailRecordingId: fc.constant(null),
})

test('snapshots in any order, even contradictory ones, result in the same call in every field', () => {
  fc.assert(
    fc.property(twoOrders(fc.array(anyChange, { minLength: 1, maxLength: 6 })), ([one, other]) => {
      expect(callAfter(other)).toEqual(callAfter(one))
    }),
    { numRuns: 2000 },
  )
})

test('a snapshot between two others replaces what only the older of them had', () => {
  const at = (second: number, contact: CallChange['contact']): CallChange => ({
    ...fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!,
    state: 'ringing',
    at: T0 + second * 1000,
    contact,
  })
  const [old, newer] = ['Old', 'Newer'].map((name) => ({ id: 1, type: 'local', name, phone: null, email: null }))
  expect(callAfter([at(3, null), at(1, old!), at(2, newer!)]).contact).toEqual(newer!)
})

test('a number replaces a withheld number, in either order of arrival', () => {
  const change = fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!
  const known = { ...change, at: T0, direction: 'inbound' as const, externalNumber: '+15555550101' }
  const withheld = { ...known, at: T0 + 1000, externalNumber: 'blocked' }
  for (const order of [
    [known, withheld],
    [withheld, known],
  ])
    expect(callAfter(order).fromNumber).toBe('+15555550101')
  expect(callAfter([withheld]).fromNumber).toBe('blocked')
})

test('an end given by a later event is the end, with or without a hangup', () => {
  const event = (state: string, second: number, endedAt: number | null): CallChange => ({
    ...fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!,
    ...{ state, at: T0 + second * 1000, connectedAt: T0 + 2000, endedAt, durationSeconds: null, talkSeconds: 5 },
    isTransferred: false,
  })
  const connected = event('connected', 2, null)
  const recap = event('recap_summary', 60, T0 + 9000)
  const ended = { status: 'ended', endReason: 'unknown', endedAt: T0 + 9000, durationSeconds: 7, talkSeconds: 5 }
  expect(callAfter([connected, recap])).toMatchObject(ended)
  expect(callAfter([recap, connected])).toMatchObject(ended)
  expect(callAfter([recap, connected, event('hangup', 9, T0 + 9000)])).toMatchObject({ ...ended, endReason: 'hangup' })
})

test('a voicemail call ends when the caller hangs up, and without a hangup when the message was left', () => {
  const event = (state: string, second: number): CallChange => ({
    ...fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!,
    ...{ state, at: T0 + second * 1000, connectedAt: null, endedAt: null, direction: 'inbound' },
  })
  const [ringing, uploaded, hangup] = [event('ringing', 0), event('voicemail_uploaded', 30), event('hangup', 25)]
  const voicemail = event('voicemail', 10)
  expect(callAfter([ringing, voicemail, uploaded])).toMatchObject({ status: 'voicemail', endedAt: T0 + 30_000 })
  for (const order of [
    [ringing, voicemail, uploaded, hangup],
    [ringing, voicemail, hangup, uploaded],
  ])
    expect(callAfter(order)).toMatchObject({ status: 'voicemail', endedAt: T0 + 25_000 })
})

test('a row of an earlier version, which knows one instant for all its fields, goes on from there', () => {
  const [first, late] = [T0 + 5000, T0 + 1000].map((at, index) => ({
    ...fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!,
    ...{ state: 'ringing', at, transcript: `words ${index}`, startedAt: T0 },
  }))
  const old = { ...callAfter([first!]), learned: null }
  const context = { appId: 'app', source: 'webhook', region: 'US', now: 1, newId: () => 'id' } as const
  expect(mergeCall(old, late!, withState([], late!), context).transcript).toBe('words 0')
})

test('in a row of an earlier version, a reported end stays, and replaces an end that was assumed', () => {
  const [ringing, hangup] = (['ringing', 'hangup'] as const).map((state, index) => ({
    ...fc.sample(anyChange, { numRuns: 1, seed: 7 })[0]!,
    ...{ state, at: T0 + index * 5000, connectedAt: T0, endedAt: index ? T0 + 5000 : null },
    ...{ durationSeconds: index ? 5 : null },
  }))
  const ended = { learned: null, status: 'ended', endedAt: T0 + 9000, durationSeconds: 9 } as const
  const states = withState(withState([], ringing!), hangup!)
  const context = { appId: 'app', source: 'webhook', region: 'US', now: 1, newId: () => 'id' } as const
  const after = (endReason: string) =>
    mergeCall({ ...callAfter([ringing!]), ...ended, endReason }, hangup!, states, context)
  expect(after('hangup')).toMatchObject({ endedAt: T0 + 9000, durationSeconds: 9 })
  expect(after('stale')).toMatchObject({ endedAt: T0 + 5000, durationSeconds: 5 })
})

const LIVES = {
  answered: ['calling', 'ringing', 'connected', 'hold', 'connected', 'parked', 'connected', 'hangup'],
  missed: ['calling', 'ringing', 'missed', 'hangup'],
  unanswered: ['ringing', 'hangup'],
  voicemail: ['ringing', 'voicemail', 'hangup'],
  blocked: ['ringing', 'blocked', 'hangup'],
  talking: ['ringing', 'connected', 'hold'],
}
const AFTERWARDS = ['recording', 'transcription', 'recap_summary', 'recap_outcome', 'dispositions']

/** Facts that Dialpad learns one after the other: each snapshot shows those of its instant, and none is ever taken back. */
const learnt = <T>(values: T[]) =>
  fc.array(fc.nat(14), { minLength: values.length, maxLength: values.length }).map((steps) => {
    const sorted = steps.toSorted((a, b) => a - b)
    return (step: number): T | null => values[sorted.findLastIndex((from) => from <= step)] ?? null
  })
const parties = ['Ann', 'Bob', 'Cy'].map((name, id) => ({ id, type: 'user', name, phone: null, email: null }))

const lifeOfACall: fc.Arbitrary<CallChange[]> = fc
  .record({
    life: fc.constantFrom(...Object.values(LIVES)),
    after: fc.shuffledSubarray(AFTERWARDS),
    gaps: fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 14, maxLength: 14 }),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    user: learnt([1, 2, 3]),
    contact: learnt(parties),
    target: learnt(parties),
    customData: learnt<unknown>(['text', { job_id: 1 }]),
    customerId: learnt(['c1', 'c2']),
    jobId: learnt(['j1', 'j2']),
    transferred: learnt([true]),
    recordingUrl: learnt(['https://dialpad.com/r/1', 'https://dialpad.com/r/2']),
    transcript: learnt(['first words', 'all words']),
    labels: learnt([['vip'], ['vip', 'sales'], ['vip', 'sales', 'urgent']]),
    isInternal: fc.boolean(),
    lost: fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
  })
  .map((call) => {
    const states = [...call.life, ...(call.life.includes('hangup') ? call.after : [])]
    const times = states.map((_, step) => T0 + call.gaps.slice(0, step + 1).reduce((sum, gap) => sum + gap, 0))
    const timeOf = (state: string, step: number): number | null => {
      const first = states.indexOf(state)
      return first >= 0 && first <= step ? times[first]! : null
    }
    const changes = states.map((state, step): CallChange => {
      const [connectedAt, endedAt] = [timeOf('connected', step), timeOf('hangup', step)]
      const seconds = endedAt && Math.round((endedAt - (connectedAt ?? endedAt)) / 1000)
      return {
        kind: 'call',
        dialpadCallId: 1,
        linkedCallIds: [],
        state,
        at: times[step]!,
        direction: call.direction,
        externalNumber: '+15555550101',
        internalNumber: '+15555550201',
        startedAt: T0,
        rangAt: timeOf('ringing', step),
        connectedAt,
        endedAt,
        durationSeconds: seconds,
        talkSeconds: seconds,
        holdSeconds: seconds,
        dialpadUserId: call.user(step),
        contact: call.contact(step),
        target: call.target(step),
        customData: call.customData(step),
        customerId: call.customerId(step),
        jobId: call.jobId(step),
        isInternal: call.isInternal,
        isTransferred: call.transferred(step) ?? false,
        recordingUrl: call.recordingUrl(step),
        transcript: call.transcript(step),
        recap: state.startsWith('recap_') ? { [state.slice('recap_'.length)]: `${state} text` } : null,
        labels: call.labels(step) ?? [],
        recording: null,
        recordingIsAdmins: false,
        voicemailUrl: null,
        voicemailSeconds: null,
        voicemailRecordingId: null,
      }
    })
    const kept = changes.filter(({ state }, step) => state === 'hangup' || !call.lost[step])
    return kept.length > 0 ? kept : changes
  })

test('the snapshots of a call in any order, repeated or not, result in the same call in every field', () => {
  fc.assert(
    fc.property(twoOrders(lifeOfACall), ([one, other]) => {
      expect(callAfter(other)).toEqual(callAfter(one))
    }),
    { numRuns: 2000 },
  )
})

test('late snapshots never win over newer ones, and never erase what is known', () => {
  fc.assert(
    fc.property(twoOrders(lifeOfACall), ([history, order]) => {
      const newest = history.at(-1)!
      const call = callAfter(order)
      expect({
        dialpadUserId: call.dialpadUserId,
        contact: call.contact,
        target: call.target,
        customData: call.customData,
        customerId: call.customerId,
        jobId: call.jobId,
        transcript: call.transcript,
        recordingUrl: call.recordingSourceUrl,
        talkSeconds: call.talkSeconds,
        holdSeconds: call.holdSeconds,
        rangAt: call.rangAt,
      }).toEqual({
        dialpadUserId: newest.dialpadUserId,
        contact: newest.contact,
        target: newest.target,
        customData: newest.customData,
        customerId: newest.customerId,
        jobId: newest.jobId,
        transcript: newest.transcript,
        recordingUrl: newest.recordingUrl,
        talkSeconds: newest.talkSeconds,
        holdSeconds: newest.holdSeconds,
        rangAt: newest.rangAt,
      })
    }),
    { numRuns: 1000 },
  )
})

test('first times stay the earliest and totals the largest that any snapshot gave', () => {
  const complete = fc
    .tuple(anyChange, instant)
    .map(([change, startedAt]): CallChange => ({ ...change, startedAt, connectedAt: change.connectedAt ?? startedAt }))
  fc.assert(
    fc.property(fc.array(complete, { minLength: 1, maxLength: 6 }), (changes) => {
      const call = callAfter(changes)
      const given = (values: (number | null)[]) => values.filter((value) => value !== null)
      const rang = given(changes.map(({ rangAt, state, at }) => rangAt ?? (state === 'ringing' ? at : null)))
      const isOver = ({ state, endedAt }: CallChange) =>
        ['hangup', 'missed', 'abandoned', 'blocked'].includes(state) || (!movesCall(state) && endedAt !== null)
      const talked = given(changes.filter(isOver).map(({ talkSeconds }) => talkSeconds))
      const held = given(changes.map(({ holdSeconds }) => holdSeconds))
      expect(call).toMatchObject({
        startedAt: Math.min(...changes.map(({ startedAt }) => startedAt!)),
        rangAt: rang.length > 0 ? Math.min(...rang) : null,
        talkSeconds: talked.length > 0 ? Math.max(...talked) : null,
        holdSeconds: held.length > 0 ? Math.max(...held) : null,
      })
    }),
    { numRuns: 1000 },
  )
})

test('a newer snapshot that leaves everything out erases nothing', () => {
  fc.assert(
    fc.property(lifeOfACall, (history) => {
      const known = callAfter(history)
      const empty: CallChange = {
        ...history.at(-1)!,
        state: 'dispositions',
        at: known.snapshotAt + 1,
        ...{ direction: null, externalNumber: null, internalNumber: null, startedAt: null, rangAt: null },
        ...{ connectedAt: null, endedAt: null, durationSeconds: null, talkSeconds: null, dialpadUserId: null },
        ...{ contact: null, target: null, customData: null, customerId: null, jobId: null, recordingUrl: null },
        ...{ transcript: null, recap: null, labels: [], isInternal: false, isTransferred: false },
      }
      const { learned: _, ...call } = callAfter([...history, empty])
      const { learned: __, ...expected } = known
      expect(call).toEqual({ ...expected, snapshotAt: empty.at })
    }),
    { numRuns: 500 },
  )
})
