import { describe, expect, test } from 'bun:test'
import { answerProblems, requestProblems } from '../support/dialpad/description/check'
import api from '../support/dialpad/description/dialpad-api.json'
import { exampleAnswers, findOperation, operations } from '../support/dialpad/description/document'
import { reduce } from '../support/dialpad/description/reduce'

/** What the stand-in for Dialpad checks with: Dialpad's published description. */

const operation = (name: string) => operations.find((one) => one.name === name)!
const body = (name: string, value: unknown) =>
  requestProblems(operation(name), { path: name.includes('{id}') ? { id: '1' } : {}, query: {}, body: value })
const query = (name: string, value: Record<string, string>) =>
  requestProblems(operation(name), { path: {}, query: value, body: undefined })

test.each(exampleAnswers.map(({ operation: { name }, example }) => [name, example] as const))(
  "the description's own example of %s fits",
  (name, example) => {
    expect(answerProblems(operation(name), 200, example)).toEqual([])
  },
)

test('every operation has an answer and a name that finds it', () => {
  expect(operations.length).toBeGreaterThan(30)
  for (const { name, answers } of operations) {
    expect(answers.size).toBeGreaterThan(0)
    expect(findOperation(name.replaceAll(/\{\w+\}/g, '5'))?.operation.name).toBe(name)
  }
  expect(findOperation('GET /api/v2/nothing')).toBeNull()
})

test('the copy holds every schema that its paths use, and no other', () => {
  expect(reduce(api) as unknown).toEqual(api)
  const { '/api/v2/transcripts/{call_id}': transcripts } = api.paths
  const alone = reduce({ ...api, paths: { '/api/v2/transcripts/{call_id}': transcripts, '/api/v2/unused': {} } })
  expect(Object.keys(alone.paths)).toEqual(['/api/v2/transcripts/{call_id}'])
  expect(Object.keys(alone.components.schemas)).toEqual([
    'schemas.transcript.TranscriptLineProto',
    'schemas.transcript.TranscriptProto',
  ])
})

test('limits and scopes come from the description', () => {
  expect(operation('GET /api/v2/call').scopes).toEqual(['calls:list'])
  expect(operation('GET /api/v2/call/{id}').perMinute).toBe(10)
  expect(operation('POST /api/v2/call').perMinute).toBe(5)
  expect(operation('POST /api/v2/sms').perMinute).toBe(100)
})

describe('a request', () => {
  const call = { phone_number: '+14155550100', user_id: 5 }
  test('that is as described has no problem', () => {
    expect(body('POST /api/v2/call', { ...call, custom_data: '{}', outbound_caller_id: 'blocked' })).toEqual([])
    expect(body('POST /api/v2/call/{id}/transfer', { to: { target_id: 1, target_type: 'user' } })).toEqual([])
    expect(query('GET /api/v2/call', { started_after: '1700000000000', cursor: 'x' })).toEqual([])
    expect(query('GET /api/v2/users', { company_admin: 'true', state: 'active' })).toEqual([])
    const code = { grant_type: 'authorization_code', code: 'c', code_verifier: 'v', redirect_uri: 'https://x.test/' }
    expect(body('POST /oauth2/token', code)).toEqual([])
  })

  test.each([
    ['an unknown member', { ...call, phone: 'x' }],
    ['a missing member', { phone_number: call.phone_number }],
    ['text for a number', { ...call, user_id: '5' }],
    ['half an id', { ...call, user_id: 5.5 }],
    ['an unknown value', { ...call, group_type: 'user' }],
    ['a number that is not in E.164', { ...call, phone_number: '555-1234' }],
    ['too much custom data', { ...call, custom_data: 'x'.repeat(2001) }],
    ['no body', undefined],
    ['text', '{"phone_number":'],
  ])('to place a call with %s has a problem', (_name, value) => {
    expect(body('POST /api/v2/call', value)).not.toEqual([])
  })

  test.each([
    ['GET /api/v2/call', { limit: '50' }],
    ['GET /api/v2/call', { started_after: 'yesterday' }],
    ['GET /api/v2/users', { state: 'asleep' }],
    ['GET /api/v2/company', { verbose: 'true' }],
  ])('%s with the query %j has one problem', (name, value) => {
    expect(query(name, value as Record<string, string>)).toHaveLength(1)
  })

  test('whose id is no number, or that has a body where none is described, has a problem', () => {
    const get = operation('GET /api/v2/call/{id}')
    expect(requestProblems(get, { path: { id: 'abc' }, query: {}, body: undefined })).toHaveLength(1)
    expect(requestProblems(get, { path: { id: '12' }, query: {}, body: {} })).toHaveLength(1)
  })

  test('to transfer to two places at once, or to none, has a problem', () => {
    const transfer = 'POST /api/v2/call/{id}/transfer'
    expect(body(transfer, { to: { number: '+14155550100', call_id: 5 } })).not.toEqual([])
    expect(body(transfer, { to: {} })).not.toEqual([])
  })
})

describe('an answer', () => {
  const problems = (name: string, value: unknown, status = 200) => answerProblems(operation(name), status, value)
  test.each([
    ['an undescribed member', 'GET /api/v2/company', { id: '1', mood: 'good' }],
    ['a 64-bit number that is no text', 'GET /api/v2/company', { id: 1 }],
    ['an unknown value', 'GET /api/v2/company', { state: 'asleep' }],
    ['an item of another type', 'GET /api/v2/users', { items: ['Ada'] }],
    ['no body', 'GET /api/v2/company', undefined],
    ['a body where none is described', 'PUT /api/v2/call/{id}/actions/hangup', {}],
  ])('with %s has one problem', (_what, name, value) => {
    expect(problems(name, value)).toHaveLength(1)
  })
  test('with an undescribed status has one problem', () => {
    expect(problems('GET /api/v2/company', {}, 201)).toHaveLength(1)
  })
  test('may have null where the description allows it', () => {
    expect(problems('GET /api/v2/call', { items: null, cursor: null })).toEqual([])
    expect(problems('GET /api/v2/call', { items: [{ contact: null, date_ended: null }] })).toEqual([])
  })
})
