import { expect, test } from 'bun:test'
import { normalizePhoneNumber, parsePhoneNumber } from '../../src/lib/phone-number'

test.each([
  ['(555) 123-4567', '+15551234567'],
  ['555-123-4567', '+15551234567'],
  ['15551234567', '+15551234567'],
  ['5551234567', '+15551234567'],
  ['+1 555 123 4567', '+15551234567'],
  ['+49 30 901820', '+4930901820'],
])('%s is %s', (text, e164) => {
  expect(parsePhoneNumber(text, 'US')).toBe(e164)
})

test('an invalid number is refused in requests, and kept in events of Dialpad', () => {
  expect(parsePhoneNumber('blocked', 'US')).toBeNull()
  expect(normalizePhoneNumber('blocked', 'US')).toBe('blocked')
  expect(normalizePhoneNumber('', 'US')).toBeNull()
})
