import { expect, test } from 'bun:test'
import { CALL_STATUSES, isOpen, isOver, OPEN_STATUSES } from '../../src/lib/call-status'

test('a call is either open or over, and ringing, active, and held calls are open', () => {
  expect(CALL_STATUSES.filter(isOpen)).toEqual([...OPEN_STATUSES])
  expect(CALL_STATUSES.filter(isOver)).toEqual(['ended', 'missed', 'rejected', 'voicemail'])
})

test('a status that is not known is not open', () => {
  for (const status of ['', 'Ringing', 'brand-new', null, undefined]) expect(isOpen(status)).toBe(false)
})
