import { describe, expect, test } from 'bun:test'
import { readCall } from '../../src/payload/call'
import { identify } from '../../src/payload/event'
import { readMessage } from '../../src/payload/message'

const call = (more: object) => readCall({ call_id: 1, state: 'ringing', ...more }, 0)
const sms = (more: object) => readMessage({ id: 1, from_number: '+15555550101', to_number: [], ...more }, 0)

describe('a call', () => {
  test.each([true, 'true', 'True', '1', 1, 'yes'])('with the flag %p is internal and transferred', (flag) => {
    expect(call({ is_internal: flag, is_transferred: flag })).toMatchObject({ isInternal: true, isTransferred: true })
  })
  test.each([false, 'false', '', '0', 0, null, undefined, {}, 'no'])('with the flag %p is not', (flag) => {
    expect(call({ is_internal: flag, is_transferred: flag })).toMatchObject({ isInternal: false, isTransferred: false })
  })
  test('with a colleague is internal, with anybody else it is not', () => {
    expect(call({ contact: { id: 1, type: 'user', name: 'Ada' } }).isInternal).toBe(true)
    for (const type of ['local', 'shared', null]) expect(call({ contact: { id: 1, type } }).isInternal).toBe(false)
  })
  test.each([
    [{ internal_number: 'blocked', selected_caller_id: '+15555550105' }, '+15555550105'],
    [{ internal_number: 'blocked' }, 'blocked'],
    [{ selected_caller_id: '+15555550105' }, '+15555550105'],
    [{ internal_number: '+15555550106', selected_caller_id: '+15555550105' }, '+15555550106'],
    [{ internal_number: 'blocked', selected_caller_id: '' }, 'blocked'],
  ])('with %j has the number %s', (fields, number) => {
    expect(call(fields).internalNumber).toBe(number)
  })
  test('has the content of its AI playbook in its recap', () => {
    expect(call({ state: 'ai_playbook', ai_playbook: { steps: 3 } }).recap).toEqual({ ai_playbook: { steps: 3 } })
  })
  test('has no instant outside the years 1970 to 2200', () => {
    for (const date_ended of [Date.UTC(2201, 0), 8.64e15, '9999-12-31T00:00:00Z', -1, '1969-01-01'])
      expect(call({ date_ended }).endedAt).toBeNull()
  })
})

describe('an MMS', () => {
  test.each([
    ['one address', 'https://dialpad.com/mms/1', ['https://dialpad.com/mms/1']],
    [
      'a repeated address',
      ['https://dialpad.com/mms/1', 'https://dialpad.com/mms/2', 'https://dialpad.com/mms/1'],
      ['https://dialpad.com/mms/1', 'https://dialpad.com/mms/2'],
    ],
    ['an empty list', [], []],
    ['no addresses', [null, 7, '', {}], []],
    ['null', null, []],
    [
      '5,000 addresses',
      Array.from({ length: 5000 }, (_, i) => `https://dialpad.com/mms/${i}`),
      expect.objectContaining({ length: 20 }),
    ],
  ])('with %s in mms_url has each address once, and at most 20', (_what, mms_url, expected) => {
    expect(sms({ mms_url }).mediaUrls).toEqual(expected)
  })
})

test('an internal SMS that is delivered to both of its users is two events, and a repetition of each is none', () => {
  const one = { id: 7, message_status: 'success', is_internal: true, event_timestamp: 1_731_600_000_000 }
  const key = (more: object) => identify({ ...one, ...more }, '').key
  const sent = { direction: 'outbound', target: { id: 1 } }
  const received = { direction: 'inbound', target: { id: 2 } }
  expect(key(sent)).not.toBe(key(received))
  expect(key(sent)).toBe(key({ ...sent, text: 'again' }))
  expect(key({ ...sent, is_internal: false })).toBe(key({ ...received, is_internal: false }))
})
