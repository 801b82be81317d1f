import { describe, expect, test } from 'bun:test'
import { readPayload } from '../../src/payload/event'
import { T0 } from '../support/events'

const call = (more: object) => readPayload({ call_id: 5, state: 'hangup', event_timestamp: T0, ...more }, 1)

describe('durations', () => {
  test('of the flat form are milliseconds, whole or not, as number or text', () => {
    expect(call({ duration: 60_400.4, talk_time: '58499' })).toMatchObject({ durationSeconds: 60, talkSeconds: 58 })
    expect(call({ duration: 499, talk_time: 500 })).toMatchObject({ durationSeconds: 0, talkSeconds: 1 })
    expect(call({ state: 'voicemail_uploaded', recording_details: [{ duration: 7400 }] })).toMatchObject({
      voicemailSeconds: 7,
    })
  })

  test('that are invalid are unknown, not 0', () => {
    for (const duration of [null, undefined, '', 'long', -1, Number.NaN, {}, [7000], 1e16])
      expect(call({ duration, talk_time: duration })).toMatchObject({ durationSeconds: null, talkSeconds: null })
    expect(call({ duration: 0, talk_time: 0 })).toMatchObject({ durationSeconds: 0, talkSeconds: 0 })
  })

  test('of the older form are seconds', () => {
    const read = (event_type: string, duration_seconds: unknown) =>
      readPayload({ event_type, [event_type.split('.')[0]!]: { call_id: 5, duration_seconds } }, 1)
    expect(read('call.ended', 61.4)).toMatchObject({ durationSeconds: 61 })
    expect(read('call.ended', '61')).toMatchObject({ durationSeconds: 61 })
    expect(read('call.ended', -1)).toMatchObject({ durationSeconds: null })
    expect(read('call.ended', undefined)).toMatchObject({ durationSeconds: null })
    expect(read('voicemail.received', 9.6)).toMatchObject({ durationSeconds: 10 })
    expect(read('voicemail.received', undefined)).toMatchObject({ durationSeconds: null })
  })
})

describe('times', () => {
  test('each is read from its own field', () => {
    const dates = {
      date_started: T0 + 1,
      date_rang: T0 + 3,
      date_first_rang: T0 + 2,
      date_connected: T0 + 4,
      date_ended: T0 + 5,
    }
    expect(call(dates)).toMatchObject({
      at: T0,
      startedAt: T0 + 1,
      rangAt: T0 + 2,
      connectedAt: T0 + 4,
      endedAt: T0 + 5,
    })
    expect(call({ date_rang: T0 + 3 })).toMatchObject({
      rangAt: T0 + 3,
      startedAt: null,
      connectedAt: null,
      endedAt: null,
    })
  })

  test('an event without an instant of its own has the one it was received at', () => {
    expect(readPayload({ call_id: 5, state: 'ringing' }, T0 + 9)).toMatchObject({ at: T0 + 9 })
  })
})

describe('sides of a call', () => {
  test('the outside and the inside number are never swapped, whichever the direction', () => {
    for (const direction of ['inbound', 'outbound', 'INBOUND', null])
      expect(call({ direction, external_number: '+1', internal_number: '+2' })).toMatchObject({
        direction: direction?.toLowerCase() ?? null,
        externalNumber: '+1',
        internalNumber: '+2',
      })
  })

  test('of the older form: from is outside on an inbound call, inside on an outbound one', () => {
    const read = (direction: string) =>
      readPayload({ event_type: 'call.ring', call: { call_id: 5, direction, from: '+1', to: '+2' } }, 1)
    expect(read('inbound')).toMatchObject({ externalNumber: '+1', internalNumber: '+2' })
    expect(read('outbound')).toMatchObject({ externalNumber: '+2', internalNumber: '+1' })
  })

  test('only a target of type user is a Dialpad user', () => {
    expect(call({ target: { id: 7, type: 'user' } })).toMatchObject({ dialpadUserId: 7 })
    expect(call({ target: { id: 7, type: 'office' } })).toMatchObject({ dialpadUserId: null })
  })
})
