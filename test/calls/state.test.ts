import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type CallProgress, eventsFor, isKnownState, movesCall, statusOf, type TimedState } from '../../src/calls/state'
import type { CallStatus } from '../../src/lib/call-status'

const inbound = { direction: 'inbound', connectedAt: null, endedAt: null } as const
const outbound = { ...inbound, direction: 'outbound' } as const
const inOrder = (...states: string[]): TimedState[] => states.map((state, i) => ({ state, at: i + 1 }))
const after = (status: CallStatus, ...states: string[]): CallProgress => ({ status, states: inOrder(...states) })

/** Every state of Dialpad's that says something: the first of its kind on a fresh call, its status and its event. */
const FIRST: [state: string, status: string, event: string][] = [
  ['calling', 'ringing', 'call.ring'],
  ['preanswer', 'ringing', 'call.ring'],
  ['queued', 'ringing', 'call.ring'],
  ['ringing', 'ringing', 'call.ring'],
  ['connected', 'active', 'call.started'],
  ['merged', 'active', 'call.started'],
  ['takeover', 'active', 'call.started'],
  ['hold', 'held', 'call.held'],
  ['parked', 'held', 'call.held'],
  ['hangup', 'missed', 'call.ended'],
  ['missed', 'missed', ''],
  ['abandoned', 'missed', ''],
  ['blocked', 'rejected', 'call.rejected'],
  ['voicemail', 'voicemail', 'call.voicemail'],
]
const ENRICHMENTS: [state: string, event: string][] = [
  ['voicemail_uploaded', 'voicemail.received'],
  ['recording', 'call.recording.completed'],
  ['admin_recording', 'call.recording.completed'],
  ['transcription', 'call.transcript'],
  ['call_transcription', 'call.transcript'],
  ['recap_summary', 'call.recap'],
  ['recap_outcome', 'call.recap'],
  ['recap_purposes', 'call.recap'],
  ['recap_action_items', 'call.recap'],
  ['ai_playbook', 'call.recap'],
  ...['csat', 'pcsat', 'postcall', 'dispositions', 'monitor', 'barge', 'coach', 'eavesdrop', 'admin'].map(
    (state): [string, string] => [state, 'call.updated'],
  ),
]

describe('states of a call', () => {
  test.each(FIRST)('%s makes a new inbound call %s and is published as %s', (state, status, event) => {
    const reached = statusOf(inOrder(state), inbound)
    expect(reached).toBe(status as never)
    expect(eventsFor(state, null, after(reached, state), true)).toEqual(event === '' ? [] : [event])
  })

  test.each(ENRICHMENTS)('%s leaves the status as it is and is published as %s', (state, event) => {
    expect(movesCall(state)).toBe(false)
    expect(eventsFor(state, after('active', 'connected'), after('active', 'connected'), true)).toEqual([event])
  })

  test('an unknown state is ignored and publishes nothing', () => {
    expect(isKnownState('teleported')).toBe(false)
    expect(eventsFor('teleported', null, after('ringing'), true)).toEqual([])
  })

  test('a second ring is an update, and nothing when nothing changed', () => {
    const before = after('ringing', 'calling')
    expect(eventsFor('ringing', before, after('ringing', 'calling', 'ringing'), true)).toEqual(['call.updated'])
    expect(eventsFor('ringing', before, after('ringing', 'calling', 'ringing'), false)).toEqual([])
  })

  test('an answer after hold is a resumption', () => {
    const resumed = after('active', 'connected', 'hold', 'connected')
    expect(eventsFor('connected', after('held', 'connected', 'hold'), resumed, true)).toEqual(['call.resumed'])
  })

  test.each([
    [['ringing', 'connected', 'hangup'], inbound, 'ended'],
    [['ringing', 'hangup'], inbound, 'missed'],
    [['calling', 'hangup'], outbound, 'ended'],
    [['ringing', 'voicemail', 'hangup'], inbound, 'voicemail'],
    [['ringing', 'blocked', 'hangup'], inbound, 'rejected'],
    [['ringing', 'missed', 'hangup'], inbound, 'missed'],
    [['ringing', 'hangup', 'connected'], inbound, 'ended'],
    [['ringing', 'missed', 'connected'], inbound, 'active'],
    [['ringing', 'connected', 'stale'], inbound, 'ended'],
    [['ringing', 'connected', 'stale', 'hold'], inbound, 'held'],
    [['ringing', 'connected', 'stale', 'hangup'], inbound, 'ended'],
  ] as const)('%p comes to %s', (states, call, status) => {
    expect(statusOf(inOrder(...states), call)).toBe(status)
  })

  test.each([
    ['ringing', 'connected', 'active'],
    ['connected', 'hold', 'held'],
    ['hold', 'voicemail', 'voicemail'],
    ['voicemail', 'missed', 'missed'],
    ['missed', 'blocked', 'rejected'],
    ['blocked', 'stale', 'ended'],
    ['ringing', 'hold', 'held'],
    ['ringing', 'missed', 'missed'],
  ])('%s and %s of the same instant come to %s, in either order', (earlier, later, status) => {
    const states = [earlier, later].map((state) => ({ state: state!, at: 5 }))
    expect(statusOf(states, inbound)).toBe(status as never)
    expect(statusOf(states.toReversed(), inbound)).toBe(status as never)
  })

  test.each([
    ['an end and no answer', 'missed', { ...inbound, endedAt: 9 }],
    ['an end and outbound', 'ended', { ...outbound, endedAt: 9 }],
    ['an answer and an end', 'ended', { ...inbound, connectedAt: 5, endedAt: 9 }],
    ['an answer', 'active', { ...inbound, connectedAt: 5 }],
    ['neither answer nor end', 'ringing', inbound],
  ] as const)('a call known by enrichments alone, with %s, is %s', (_dates, status, call) => {
    expect(statusOf(inOrder('recording'), call)).toBe(status)
    expect(statusOf([], call)).toBe(status)
  })

  test('an inbound call with the date of an answer is not missed, although no event of the answer arrived', () => {
    expect(statusOf(inOrder('ringing', 'hangup'), { ...inbound, connectedAt: 2 })).toBe('ended')
    expect(statusOf(inOrder('missed', 'hangup'), outbound)).toBe('missed')
  })

  test('a hangup is published once, also after the call was ended as stale', () => {
    const [stale, hungUp] = [after('ended', 'connected', 'stale'), after('ended', 'connected', 'stale', 'hangup')]
    expect(eventsFor('hangup', stale, hungUp, true)).toEqual(['call.updated'])
    const ended = after('ended', 'connected', 'hangup')
    expect(eventsFor('hangup', ended, ended, false)).toEqual([])
  })

  test('a recap with the end of the call ends it, once', () => {
    const talking = after('active', 'connected')
    const over = { ...after('ended', 'connected'), saidEnded: true }
    expect(eventsFor('recap_summary', talking, over, true)).toEqual(['call.ended', 'call.recap'])
    expect(eventsFor('recording', over, over, true)).toEqual(['call.recording.completed'])
    expect(eventsFor('hangup', over, { ...over, states: inOrder('connected', 'hangup') }, true)).toEqual([
      'call.updated',
    ])
    expect(statusOf(inOrder('connected', 'hold'), { ...inbound, endedAt: 9 })).toBe('ended')
  })

  test.each(['monitor', 'barge', 'coach', 'eavesdrop'])('a supervisor who joins by %s misses no call', (state) => {
    const supervisor = { ...inbound, supervised: true }
    expect(movesCall(state)).toBe(false)
    expect(statusOf([], supervisor)).toBe('active')
    for (const end of ['hangup', 'missed']) expect(statusOf(inOrder('ringing', end), supervisor)).toBe('ended')
  })

  test('a message that was left makes an unanswered call a voicemail, and no answered one', () => {
    const left = { ...inbound, leftVoicemail: true }
    for (const states of [[], ['ringing'], ['ringing', 'missed'], ['ringing', 'hangup']])
      expect([states, statusOf(inOrder(...states), left)]).toEqual([states, 'voicemail'])
    expect(statusOf(inOrder('connected', 'hangup'), left)).toBe('ended')
  })

  test('the order in which states arrive does not matter', () => {
    const states = fc.constantFrom(...FIRST.map(([state]) => state))
    const history = fc.array(fc.record({ state: states, at: fc.integer({ min: 1, max: 6 }) }), {
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(
        history,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 }),
        (states, order) => {
          const shuffled = states.toSorted((a, b) => (order[states.indexOf(a)] ?? 0) - (order[states.indexOf(b)] ?? 0))
          const doubled = [...shuffled, ...states]
          expect(statusOf(doubled, inbound)).toBe(
            statusOf(
              states.toSorted((a, b) => a.at - b.at),
              inbound,
            ),
          )
        },
      ),
    )
  })

  test('after a hang-up no call rings, talks or is held', () => {
    const states = fc.constantFrom(...FIRST.map(([state]) => state))
    fc.assert(
      fc.property(fc.array(states, { maxLength: 8 }), (before) => {
        expect(['ringing', 'active', 'held']).not.toContain(statusOf(inOrder(...before, 'hangup'), inbound))
        expect(['ringing', 'active', 'held']).not.toContain(statusOf(inOrder('hangup', ...before), inbound))
      }),
    )
  })
})
