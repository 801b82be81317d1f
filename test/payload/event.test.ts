import { describe, expect, test } from 'bun:test'
import { readPayload } from '../../src/payload/event'
import { T0 } from '../support/events'

describe('payloads', () => {
  test('instants are read from milliseconds, their digits, seconds and ISO 8601', () => {
    for (const date_started of [T0, String(T0), T0 / 1000, new Date(T0).toISOString()])
      expect(readPayload({ call_id: '5', state: 'ringing', date_started }, 1)).toMatchObject({
        dialpadCallId: 5,
        startedAt: T0,
      })
  })
  test('null, 0 and the text null are no links to other legs', () => {
    const change = readPayload(
      { call_id: 5, state: 'x', master_call_id: null, entry_point_call_id: 0, operator_call_id: 'null' },
      1,
    )
    expect(change).toMatchObject({ linkedCallIds: [] })
  })
  test('custom data names customer and job in either spelling, as text or number', () => {
    for (const custom of ['{"customerId":"c","jobId":7}', { customer_id: 'c', job_id: '7' }])
      expect(readPayload({ call_id: 5, state: 'x', custom_data: custom }, 1)).toMatchObject({
        customerId: 'c',
        jobId: '7',
      })
    expect(readPayload({ call_id: 5, state: 'x', custom_data: 'free text' }, 1)).toMatchObject({
      customData: 'free text',
      customerId: null,
    })
  })
  test('a recording is found in each place where Dialpad may send it', () => {
    const url = 'https://dialpad.com/r'
    for (const place of [{ recording_details: [{ url }] }, { recording_url: [url] }, { admin_recording_urls: [url] }])
      expect(readPayload({ call_id: 5, state: 'recording', ...place }, 1)).toMatchObject({ recordingUrl: url })
  })
})
