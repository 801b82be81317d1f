import { afterEach, beforeEach, expect, test } from 'bun:test'
import { configure, type LogRecord, reset } from '@logtape/logtape'
import { createMetrics } from '../../src/observability/metrics'
import { createWarnings, type Warning } from '../../src/observability/warnings'

let records: LogRecord[] = []
beforeEach(async () => {
  records = []
  await configure({
    reset: true,
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: ['cti', 'warnings'], lowestLevel: 'info', sinks: ['memory'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: [] },
    ],
  })
})
afterEach(reset)

const lines = () => records.map(({ level, message }) => `${level} ${message.join('')}`)
const failed = (subject: string): Warning => ({
  code: 'dialpad_connection_failed',
  message: `Connection ${subject} is disconnected.`,
  action: 'Connect again.',
  subject,
})

test('each warning is logged once when it appears and once when it clears, and counted by code', async () => {
  const metrics = createMetrics()
  let wrong: Warning[] = []
  const warnings = createWarnings({ metrics, sources: { dialpad: () => wrong } })
  expect(await warnings.current()).toEqual([])
  wrong = [failed('a')]
  await warnings.current()
  wrong = [failed('a'), failed('b')]
  expect(await warnings.current()).toEqual(wrong)
  expect(await metrics.registry.getSingleMetricAsString('cti_warnings')).toContain(
    'cti_warnings{code="dialpad_connection_failed"} 2',
  )
  wrong = [failed('b')]
  await warnings.current()
  expect(lines()).toEqual([
    'warning dialpad_connection_failed: Connection a is disconnected. Connect again.',
    'warning dialpad_connection_failed: Connection b is disconnected. Connect again.',
    'info dialpad_connection_failed is over: Connection a is disconnected.',
  ])
})

test('a room whose check fails hides no other, and neither adds nor clears its warnings', async () => {
  let broken = false
  const warnings = createWarnings({
    metrics: createMetrics(),
    sources: {
      broken: async () => {
        if (broken) throw new Error('the database is away')
        return [failed('a')]
      },
      well: () => [failed('b')],
    },
  })
  expect(await warnings.current()).toEqual([failed('a'), failed('b')])
  broken = true
  expect(await warnings.current()).toEqual([failed('a'), failed('b')])
  expect(lines()).toHaveLength(2)
})

test('requests that come together share one check', async () => {
  let asked = 0
  const warnings = createWarnings({
    metrics: createMetrics(),
    sources: {
      counted: async () => {
        asked++
        return []
      },
    },
  })
  await Promise.all([warnings.current(), warnings.current(), warnings.current()])
  expect(asked).toBe(1)
})
