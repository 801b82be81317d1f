import { describe, expect, test } from 'bun:test'
import { readDialpadMessage } from '../../src/sdk/wire'

const message = (method: string, payload: unknown, more: object = {}) => ({
  api: 'opencti_dialpad',
  version: '1.0',
  method,
  payload,
  ...more,
})

describe('messages of the Mini Dialer', () => {
  test('a login has its user, a logout has none, whatever it says', () => {
    const read = (payload: object) => readDialpadMessage(message('user_authentication', payload))?.payload
    expect(read({ user_authenticated: true, user_id: '5000' })).toEqual({ authenticated: true, user_id: 5000 })
    expect(read({ user_authenticated: true, user_id: 'x' })).toEqual({ authenticated: true, user_id: null })
    expect(read({ user_authenticated: false, user_id: 5000 })).toEqual({ authenticated: false, user_id: null })
  })

  test('a call keeps every digit of its id, and no field that is not text', () => {
    const read = (payload: object) => readDialpadMessage(message('call_ringing', { state: 'on', ...payload }))
    expect(read({ id: '6421977457180672001', external_number: 7, contact: { id: {}, name: 'x'.repeat(900) } })).toEqual(
      {
        method: 'call_ringing',
        payload: {
          state: 'on',
          call: {
            id: '6421977457180672001',
            contact: { id: null, type: null, name: 'x'.repeat(500), phone: null, email: null },
            target: null,
            internal_number: null,
            external_number: null,
          },
        },
      },
    )
  })

  test.each([
    ['another api', message('user_authentication', { user_authenticated: true }, { api: 'other' })],
    ['no api', { method: 'user_authentication', payload: { user_authenticated: true } }],
    ['no payload', message('user_authentication', undefined)],
    ['a text', '{"api":"opencti_dialpad"}'],
    ['null', null],
    ['an id of 0', message('call_ringing', { state: 'on', id: 0 })],
    ['an id that lost digits', message('call_ringing', { state: 'on', id: 2 ** 53 })],
    ['an id with a sign', message('call_ringing', { state: 'on', id: '-4' })],
    ['a method of ours', message('initiate_call', { phone_number: '+15551234567' })],
  ])('%s is none', (_name, data) => {
    expect(readDialpadMessage(data)).toBeNull()
  })
})
