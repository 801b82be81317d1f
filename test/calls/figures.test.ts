import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { differs, mergeCall, withState } from '../../src/calls/merge'
import type { TimedState } from '../../src/calls/state'
import type { CallRow } from '../../src/calls/store'
import type { Region } from '../../src/lib/phone-number'
import type { CallChange } from '../../src/payload/call'
import { readPayload } from '../../src/payload/event'
import { AGENT_ID, callEvent, T0 } from '../support/events'

/** The call after these events of Dialpad's, in the order they arrive. */
function callAfter(events: Record<string, unknown>[], region: Region = 'US'): CallRow {
  let call: CallRow | null = null
  let states: TimedState[] = []
  for (const event of events) {
    const change = readPayload(event, T0) as CallChange
    states = withState(states, change)
    call = mergeCall(call, change, states, { appId: 'app', source: 'webhook', region, now: T0, newId: () => 'call-1' })
  }
  return call!
}

const event = (state: string, seconds: number, more: object = {}) => callEvent(1, state, T0 + seconds * 1000, more)

const bothOrders = (earlier: Record<string, unknown>, later: Record<string, unknown>): [string, CallRow][] => [
  ['in order', callAfter([earlier, later])],
  ['late', callAfter([later, earlier])],
]

describe('a newer snapshot', () => {
  const contact = { id: 1, type: 'local', name: 'Ada', phone: '+15555550109', email: 'ada@example.com' }
  const target = { id: AGENT_ID, type: 'user', name: 'Agent', phone: '+15555550105', email: 'a@example.com' }
  const said = {
    contact,
    target,
    custom_data: { customer_id: 'c-1', job_id: 'j-1', note: 'old' },
    recording_details: [{ url: 'https://dialpad.com/r/old' }],
    transcription_text: 'old words',
    recap_summary: 'old summary',
    recap_outcome: 'old outcome',
  }
  const renamed = {
    contact: { ...contact, name: 'Ada Lovelace' },
    target: { ...target, id: 77, name: 'Colleague' },
    custom_data: { customer_id: 'c-2', job_id: 'j-2', note: 'new' },
    recording_details: [{ url: 'https://dialpad.com/r/new' }],
    transcription_text: 'new words',
    recap_summary: 'new summary',
  }
  const expected: Partial<CallRow> = {
    contact: renamed.contact,
    target: renamed.target,
    dialpadUserId: 77,
    customData: renamed.custom_data,
    customerId: 'c-2',
    jobId: 'j-2',
    recordingSourceUrl: 'https://dialpad.com/r/new',
    transcript: 'new words',
    recap: { summary: 'new summary', outcome: 'old outcome' },
    snapshotAt: T0 + 5000,
  }

  test('wins in every field, also when the older snapshot arrives late', () => {
    for (const [order, call] of bothOrders(event('ringing', 1, said), event('connected', 5, renamed)))
      expect([order, call]).toEqual([order, expect.objectContaining(expected)])
  })

  test('and leaves out erases nothing that is known', () => {
    const silent = {
      contact: null,
      target: {},
      custom_data: '',
      recording_details: [],
      transcription_text: null,
      recap_summary: null,
      external_number: null,
      internal_number: null,
      direction: null,
      date_started: null,
    }
    for (const [order, call] of bothOrders(event('ringing', 1, said), event('connected', 5, silent)))
      expect([order, call]).toEqual([
        order,
        expect.objectContaining({
          contact,
          target,
          dialpadUserId: AGENT_ID,
          customData: said.custom_data,
          customerId: 'c-1',
          jobId: 'j-1',
          recordingSourceUrl: 'https://dialpad.com/r/old',
          transcript: 'old words',
          recap: { summary: 'old summary', outcome: 'old outcome' },
          externalNumber: '+15555550109',
          fromNumber: '+15555550109',
          toNumber: '+15555550105',
          startedAt: T0,
        }),
      ])
  })

  test('of the same instant replaces what was said before it', () => {
    const call = callAfter([event('ringing', 1, said), event('connected', 1, renamed)])
    expect(call).toMatchObject({ contact: renamed.contact, customerId: 'c-2', transcript: 'new words' })
  })

  test('once internal or transferred, a call stays so; labels add up', () => {
    const flags = { is_internal: true, is_transferred: true, labels: ['vip'] }
    const without = { is_internal: false, is_transferred: false, labels: ['callback'] }
    for (const [order, call] of bothOrders(event('ringing', 1, flags), event('connected', 5, without)))
      expect([order, call.isInternal, call.isTransferred, call.labels.toSorted()]).toEqual([
        order,
        true,
        true,
        ['callback', 'vip'],
      ])
  })
})

describe('times of a call', () => {
  const early = { date_started: T0, date_first_rang: T0 + 900, date_connected: T0 + 2000 }
  const late = { date_started: T0 + 400, date_first_rang: T0 + 1500, date_connected: T0 + 7000 }

  test('started, rang and connected are the earliest reported, whichever snapshot arrives first', () => {
    for (const [order, call] of bothOrders(event('connected', 2, early), event('connected', 7, late)))
      expect([order, call.startedAt, call.rangAt, call.connectedAt]).toEqual([order, T0, T0 + 900, T0 + 2000])
    for (const [order, call] of bothOrders(event('connected', 2, late), event('connected', 7, early)))
      expect([order, call.startedAt, call.rangAt, call.connectedAt]).toEqual([order, T0, T0 + 900, T0 + 2000])
  })

  test('without dates, the first ring and the first answer are the instants of their events', () => {
    const silent = { date_started: null }
    const events = [event('ringing', 3, silent), event('connected', 5, silent), event('connected', 9, silent)]
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
    ]) {
      const call = callAfter(order.map((at) => events[at]!))
      expect([order, call.startedAt, call.rangAt, call.connectedAt]).toEqual([order, T0 + 3000, T0 + 3000, T0 + 5000])
    }
  })

  test('only a ring sets when it rang; a hold or hang-up does not', () => {
    expect(
      callAfter([event('calling', 1), event('connected', 2), event('hold', 3), event('hangup', 4)]).rangAt,
    ).toBeNull()
  })

  test('the end is the latest reported, and a call that goes on has none', () => {
    const ends = [event('hangup', 9, { date_ended: T0 + 8000 }), event('recording', 12, { date_ended: T0 + 8900 })]
    for (const [order, call] of bothOrders(ends[0]!, ends[1]!))
      expect([order, call.endedAt]).toEqual([order, T0 + 8900])
    const going = callAfter([event('connected', 2, { date_ended: T0 + 3000, duration: 1000 })])
    expect([going.status, going.endedAt, going.durationSeconds]).toEqual(['active', null, null])
  })

  test('a date on an event that does not end the call is no end', () => {
    const connected = event('connected', 2, { date_ended: T0 + 50_000 })
    for (const [order, call] of bothOrders(connected, event('hangup', 9)))
      expect([order, call.endedAt]).toEqual([order, T0 + 9000])
  })

  test('without a date, the hang-up event is the end, not what comes after it', () => {
    const call = callAfter([event('connected', 2), event('hangup', 9), event('recording', 60)])
    expect([call.endedAt, call.durationSeconds]).toEqual([T0 + 9000, 7])
  })
})

describe('durations', () => {
  test('are whole seconds of the milliseconds Dialpad sends', () => {
    const call = callAfter([event('hangup', 70, { date_connected: T0 + 1000, duration: 65_400.7, talk_time: 61_499 })])
    expect([call.durationSeconds, call.talkSeconds]).toEqual([65, 61])
  })

  test('without a reported one, are the seconds from answer to end, and 0 for a call nobody answered', () => {
    const talk = { date_connected: T0 + 2000, date_ended: T0 + 63_400 }
    expect(callAfter([event('hangup', 64, talk)]).durationSeconds).toBe(61)
    expect(callAfter([event('ringing', 1), event('hangup', 9)]).durationSeconds).toBe(0)
    expect(callAfter([event('hangup', 1, { date_connected: T0 + 9000, date_ended: T0 + 4000 })]).durationSeconds).toBe(
      0,
    )
  })

  test('are the longest reported, whichever snapshot arrives first', () => {
    const over = { date_connected: T0 + 2000, date_ended: T0 + 20_000 }
    const hangup = event('hangup', 9, { ...over, duration: 7000, talk_time: 5000 })
    const recording = event('recording', 12, { ...over, duration: 8000, talk_time: 6000 })
    for (const [order, call] of bothOrders(hangup, recording))
      expect([order, call.durationSeconds, call.talkSeconds]).toEqual([order, 8, 6])
  })

  test('follow the times when the answer is reported after the hang-up', () => {
    for (const [order, call] of bothOrders(event('connected', 2), event('hangup', 9)))
      expect([order, call.connectedAt, call.durationSeconds]).toEqual([order, T0 + 2000, 7])
  })

  test('a true end replaces the guessed end and duration of a stale call, even when they are shorter', () => {
    const stale = { ...callAfter([event('connected', 2, { date_connected: T0 + 2000 })]) }
    const guessed: CallRow = {
      ...stale,
      status: 'ended',
      endReason: 'stale',
      endedAt: T0 + 900_000,
      durationSeconds: 898,
    }
    for (const more of [{ date_ended: T0 + 60_000 }, {}]) {
      const change = readPayload(event('hangup', 60, more), T0) as CallChange
      const states = withState(
        [
          { state: 'connected', at: T0 + 2000 },
          { state: 'stale', at: T0 + 900_000 },
        ],
        change,
      )
      const context = { appId: 'app', source: 'webhook', region: 'US', now: T0, newId: () => 'x' } as const
      const call = mergeCall(guessed, change, states, context)
      expect([call.endReason, call.endedAt, call.durationSeconds]).toEqual(['hangup', T0 + 60_000, 58])
    }
  })
})

describe('end_reason', () => {
  test('is stale for a call that was ended without an event, and null again after a new event', () => {
    const connected = callAfter([event('connected', 2)])
    const states = [
      { state: 'connected', at: T0 + 2000 },
      { state: 'stale', at: T0 + 3000 },
    ]
    const context = { appId: 'app', source: 'webhook', region: 'US', now: T0, newId: () => 'x' } as const
    const enriched = mergeCall(connected, readPayload(event('csat', 2.5), T0) as CallChange, states, context)
    expect([enriched.status, enriched.endReason]).toEqual(['ended', 'stale'])
    const held = readPayload(event('hold', 4), T0) as CallChange
    const back = mergeCall(enriched, held, withState(states, held), context)
    expect([back.status, back.endReason, back.endedAt, back.durationSeconds]).toEqual(['held', null, null, null])
  })
})

describe('numbers of a call', () => {
  test('a number without a country is read by the region of the server', () => {
    const local = { external_number: '020 7946 0958', internal_number: '(020) 7946 0123' }
    expect(callAfter([event('ringing', 1, local)], 'GB')).toMatchObject({
      fromNumber: '+442079460958',
      toNumber: '+442079460123',
    })
    expect(callAfter([event('ringing', 1, { external_number: '030 901820' })], 'DE').fromNumber).toBe('+4930901820')
  })
})

test('a call differs by anything a client sees, and by no bookkeeping', () => {
  const call = callAfter([event('ringing', 1)])
  expect(differs(null, call)).toBe(true)
  expect(differs(call, { ...call, updatedAt: 1, snapshotAt: 1, conversationId: 'other' })).toBe(false)
  for (const more of [{ talkSeconds: 1 }, { labels: ['x'] }, { contact: { ...call.contact!, name: 'X' } }])
    expect(differs(call, { ...call, ...more })).toBe(true)
})

test('a repeated state adds nothing to the timeline, which stays in order', () => {
  const change = (state: string, at: number) => ({ state, at })
  let states: TimedState[] = []
  for (const at of [30, 10, 20, 10]) states = withState(states, change('connected', at))
  expect(states.map(({ at }) => at)).toEqual([10, 20, 30])
  expect(withState(states, change('recording', 5))).toBe(states)
  expect(withState(states, change('teleported', 5))).toBe(states)
  expect(withState(states, change('hold', 10))).toHaveLength(4)
})

test('varied snapshots in any order, with repetitions, result in the same call in every field', () => {
  const STATES = ['calling', 'ringing', 'connected', 'hold', 'connected', 'hangup', 'recording', 'recap_summary']
  const name = fc.constantFrom('Ada', 'Grace', '林')
  const step = fc.record({ name, agent: fc.integer({ min: 5, max: 9 }), label: fc.constantFrom('a', 'b', 'c') })
  const input = fc.record({
    outbound: fc.boolean(),
    steps: fc.array(step, { minLength: STATES.length, maxLength: STATES.length }),
    left: fc.integer({ min: 0, max: 5 }),
    order: fc.shuffledSubarray([...STATES.keys(), ...STATES.keys()], { minLength: STATES.length * 2 }),
  })
  fc.assert(
    fc.property(input, ({ outbound, steps, left, order }) => {
      // As Dialpad sends them: a snapshot has all that is known at its instant, and never less than one before it.
      const history = STATES.map((state, i) => {
        const { name, agent, label } = steps[i]!
        return event(state, i + 1, {
          direction: outbound ? 'outbound' : 'inbound',
          contact: { id: 1, type: 'local', name, phone: '+15555550109' },
          target: { id: agent, type: 'user', name: `Agent ${agent}` },
          custom_data: { customer_id: `c-${agent}`, note: name },
          labels: [label],
          date_first_rang: i >= 1 ? T0 + 1900 : null,
          date_connected: i >= 2 ? T0 + 2900 : null,
          date_ended: i >= 5 ? T0 + 5900 : null,
          duration: i >= 5 ? 3000 : null,
          talk_time: i >= 5 ? 2000 : null,
          recording_details: i >= 6 ? [{ url: `https://dialpad.com/r/${name}` }] : [],
          ...(i >= 7 && { recap_summary: name }),
        })
      }).slice(left)
      const shuffled = order.filter((at) => at >= left).map((at) => history[at - left]!)
      const sorted = (call: CallRow) => ({ ...call, labels: call.labels.toSorted() })
      expect(sorted(callAfter(shuffled))).toEqual(sorted(callAfter(history)))
    }),
    { numRuns: 300 },
  )
})
