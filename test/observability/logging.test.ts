import { expect, test } from 'bun:test'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { getLogger, type LogRecord } from '@logtape/logtape'
import { createDailyLogFile } from '../../src/observability/log-file'
import { startLogging, stopLogging } from '../../src/observability/logging'
import { scratchDir } from '../support/scratch'

const folder = () => scratchDir('log')
const at = (day: string): LogRecord => ({
  category: ['cti'],
  level: 'info',
  message: [day],
  rawMessage: day,
  timestamp: Date.parse(day),
  properties: {},
})

test('a new log file starts each day and 14 are kept', () => {
  const dir = folder()
  for (let i = 1; i <= 20; i++) writeFileSync(join(dir, `cti-2025-12-${String(i).padStart(2, '0')}.log`), '')
  writeFileSync(join(dir, 'other.log'), '')
  const sink = createDailyLogFile(join(dir, 'cti.log'), (record) => `${record.message[0]}\n`)
  sink(at('2026-01-29T23:59:59Z'))
  sink(at('2026-01-30T00:00:01Z'))
  sink[Symbol.dispose]()
  expect(readFileSync(join(dir, 'cti-2026-01-29.log'), 'utf8')).toBe('2026-01-29T23:59:59Z\n')
  expect(readFileSync(join(dir, 'cti-2026-01-30.log'), 'utf8')).toBe('2026-01-30T00:00:01Z\n')
  const days = readdirSync(dir).filter((name) => name.startsWith('cti-'))
  expect(days).toHaveLength(14)
  expect(readdirSync(dir)).toContain('other.log')
})

test('no secret gets into the log', async () => {
  const dir = folder()
  await startLogging({ log: { level: 'error', format: 'json', file: join(dir, 'cti.log') }, secrets: [] })
  const key = `raw_${'ab'.repeat(32)}`
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg'
  getLogger(['cti', 'test']).error('key {text} and {jwt}', {
    text: key,
    jwt,
    apiKey: key,
    client_secret: 's3cr3t',
    token: 't0k3n',
  })
  await stopLogging()
  const written = readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('')
  expect(written).toContain('key raw_…')
  for (const secret of [key, jwt, 's3cr3t', 't0k3n']) expect(written).not.toContain(secret)
})

test('nothing is written to a closed log file, even when its file descriptor is used again', async () => {
  const dir = folder()
  const sink = createDailyLogFile(join(dir, 'cti.log'), (record) => `${record.message[0]}\n`)
  sink(at('2026-01-29T10:00:00Z'))
  sink[Symbol.dispose]()
  const other = join(dir, 'other')
  const descriptor = openSync(other, 'w')
  for (let i = 0; i < 100; i++) sink(at('2026-01-29T10:00:01Z'))
  sink(at('2026-01-30T10:00:01Z'))
  sink[Symbol.dispose]()
  writeSync(descriptor, 'mine')
  closeSync(descriptor)
  expect(readFileSync(other, 'utf8')).toBe('mine')
  expect(readdirSync(dir).sort()).toEqual(['cti-2026-01-29.log', 'other'])

  await startLogging({ log: { level: 'info', format: 'json', file: join(dir, 'late.log') }, secrets: [] })
  await stopLogging()
  getLogger(['cti', 'test']).info('after the end')
  expect(readdirSync(dir).filter((name) => name.startsWith('late'))).toEqual([])
})
