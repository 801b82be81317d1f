import { describe, expect, test } from 'bun:test'
import type { z } from 'zod'
import { callExport } from '../../src/calls/export'
import type { Call } from '../../src/calls/model'

type CallValue = z.infer<typeof Call>

const AT = '2026-01-29T12:00:00.000Z'
const call = (more: Partial<CallValue> = {}): CallValue => ({
  id: '0197c1de-0000-7000-8000-000000000001',
  dialpad_call_id: 6421977457180672,
  conversation_id: '0197c1de-0000-7000-8000-000000000002',
  direction: 'inbound',
  status: 'ended',
  from_number: '+15555550109',
  to_number: '+15555550105',
  started_at: AT,
  rang_at: AT,
  connected_at: AT,
  ended_at: AT,
  duration_seconds: 61,
  talk_seconds: 58,
  end_reason: 'hangup',
  dialpad_user_id: 5000,
  user_id: 'ann',
  contact: null,
  target: null,
  customer: null,
  customer_id: null,
  job_id: null,
  custom_data: null,
  is_internal: false,
  is_transferred: true,
  recording_url: null,
  transcript: null,
  recap: null,
  labels: [],
  created_at: AT,
  updated_at: AT,
  ...more,
})

async function exported(pages: CallValue[][], format: 'csv' | 'ndjson'): Promise<string> {
  const source = (async function* () {
    yield* pages
  })()
  return callExport(source, format).text()
}

/** RFC 4180, read strictly: rows of fields by column name. */
function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]]
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  while (field.lastIndex < text.length) {
    const from = field.lastIndex
    const match = field.exec(text)
    if (!match) throw new Error(`no CSV at ${JSON.stringify(text.slice(from, from + 40))}`)
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] === '\r\n') rows.push([])
  }
  const [head, ...lines] = rows.slice(0, -1)
  return lines.map((line) => {
    expect(line).toHaveLength(head!.length)
    return Object.fromEntries(head!.map((name, i) => [name, line[i]!]))
  })
}

const csvRow = async (more: Partial<CallValue>) => readCsv(await exported([[call(more)]], 'csv'))[0]!

const SIGNS: [name: string, text: string][] = [
  ['=', '=1+1'],
  ['+', '+1+1'],
  ['-', '-1+1'],
  ['@', '@SUM(1)'],
  ['a tab', '\t=1+1'],
  ['a carriage return', '\r=1+1'],
  ['a line feed', '\n=1+1'],
  ['a tab and no sign', '\tplain'],
  ['a carriage return and no sign', '\rplain'],
  ['a line feed and no sign', '\nplain'],
  ['a byte order mark', '\uFEFF=1+1'],
  ['a space', ' =1+1'],
  ['a no-break space', '\u00A0=1+1'],
  ['a zero-width space', '\u200B=1+1'],
  ['a full-width =', '＝1+1'],
  ['a full-width +', '＋1+1'],
  ['a full-width -', '－1+1'],
  ['a full-width @', '＠SUM(1)'],
  ['a small =', '﹦1+1'],
  ['a + and a number that goes on', '+1|calc'],
]

describe('CSV', () => {
  test.each(SIGNS)('a text that begins with %s is no formula in any column that others fill', async (_sign, text) => {
    const row = await csvRow({
      from_number: text,
      to_number: text,
      user_id: text,
      contact: { id: 1, type: 'local', name: text, phone: text, email: null },
      target: { id: 1, type: 'user', name: text, phone: null, email: null },
      customer: { id: 'c', name: text, url: null },
      customer_id: text,
      job_id: text,
      custom_data: text,
      labels: [text],
      transcript: text,
    })
    const filled = Object.entries(row).filter(([, value]) => value.includes(text))
    expect(filled.map(([name]) => name)).toEqual([
      'from_number',
      'to_number',
      'user_id',
      'contact_name',
      'contact_phone',
      'target_name',
      'customer_id',
      'customer_name',
      'job_id',
      'custom_data',
      'labels',
      'transcript',
    ])
    for (const [name, value] of filled) expect([name, value]).toEqual([name, `'${text}`])
  })

  test.each(['+15555550109', '-5', '+5', 'a=b', '1-2', 'blocked', "O'Neil", '林=1'])(
    '%j is no formula and stays as it is',
    async (text) => {
      expect((await csvRow({ transcript: text })).transcript).toBe(text)
    },
  )

  test.each(['a,b', 'say "hi"', '"', 'two\r\nlines', 'a\nb', 'a\rb', 'a;b', 'a\tb', 'Žofie 林 👩‍💻 ﷽', "';=1"])(
    '%j is read back as it was written',
    async (text) => {
      expect((await csvRow({ transcript: text })).transcript).toBe(text)
    },
  )

  test('a separator of another spreadsheet locale starts no new cell', async () => {
    for (const text of ['a;=1+1', 'a\t=1+1'])
      expect(await exported([[call({ transcript: text })]], 'csv')).toContain(`"${text}"`)
  })

  test('has one line per call under one heading, over all pages', async () => {
    const pages = [[call({ dialpad_call_id: 1 }), call({ dialpad_call_id: 2 })], [call({ dialpad_call_id: 3 })]]
    const text = await exported(pages, 'csv')
    expect(readCsv(text).map((row) => row.dialpad_call_id)).toEqual(['1', '2', '3'])
    expect(text.endsWith('\r\n')).toBe(true)
    expect(await exported([], 'csv')).toBe(text.slice(0, text.indexOf('\r\n') + 2))
  })

  test('has each figure under its name, and nothing for what is unknown', async () => {
    const row = await csvRow({
      contact: { id: 1, type: 'local', name: 'Ada', phone: '+15555550109', email: null },
      target: { id: 2, type: 'user', name: 'Agent', phone: null, email: null },
      customer: { id: 'c-1', name: 'Ada Ltd', url: null },
      customer_id: 'c-1',
      job_id: 'j-1',
      custom_data: { a: [1, '"'] },
      labels: ['vip', 'callback'],
      recording_url: '/api/calls/1/recording',
      rang_at: null,
    })
    expect(row).toEqual({
      id: '0197c1de-0000-7000-8000-000000000001',
      dialpad_call_id: '6421977457180672',
      conversation_id: '0197c1de-0000-7000-8000-000000000002',
      direction: 'inbound',
      status: 'ended',
      from_number: '+15555550109',
      to_number: '+15555550105',
      started_at: AT,
      rang_at: '',
      connected_at: AT,
      ended_at: AT,
      duration_seconds: '61',
      talk_seconds: '58',
      dialpad_user_id: '5000',
      user_id: 'ann',
      contact_name: 'Ada',
      contact_phone: '+15555550109',
      target_name: 'Agent',
      customer_id: 'c-1',
      customer_name: 'Ada Ltd',
      job_id: 'j-1',
      custom_data: '{"a":[1,"\\""]}',
      is_internal: 'false',
      is_transferred: 'true',
      recording_url: '/api/calls/1/recording',
      labels: 'vip; callback',
      transcript: '',
    })
  })
})

describe('NDJSON', () => {
  test('is each call unchanged, one a line, formulas and line breaks included', async () => {
    const calls = [call({ transcript: '=1+1\n"x"\u2028' }), call({ custom_data: { n: 1 }, recap: { summary: 's' } })]
    const text = await exported([[calls[0]!], [calls[1]!]], 'ndjson')
    const lines = text.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => JSON.parse(line))).toEqual(calls)
  })
})

test('the next page is read only when the client has taken the one before, and none after it went away', async () => {
  let read = 0
  let ended = false
  const pages = (async function* () {
    try {
      while (read++ < 100) yield [call()]
    } finally {
      ended = true
    }
  })()
  const reader = callExport(pages, 'ndjson').body!.getReader()
  for (let i = 0; i < 3; i++) await reader.read()
  // Whatever would be read ahead has been read when the event loop comes round.
  await new Promise((resolve) => setImmediate(resolve))
  expect(read).toBeLessThanOrEqual(4)
  await reader.cancel()
  expect(ended).toBe(true)
})
