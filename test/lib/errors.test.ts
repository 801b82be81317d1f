import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDirectRoutes } from '../../src/http/direct-route'
import { createRequestLog } from '../../src/http/plugins/request-log'
import { errorReport } from '../../src/lib/error-text'
import { DomainError, ERROR_CODES } from '../../src/lib/errors'
import { createSecretBox } from '../../src/lib/secret-box'
import { startLogging, stopLogging } from '../../src/observability/logging'
import { createMetrics } from '../../src/observability/metrics'
import { scratchDir } from '../support/scratch'

test('the error codes are listed by status, then by name, each once', () => {
  const listed = Object.entries(ERROR_CODES).map(([code, [status]]) => `${status} ${code}`)
  expect(listed).toEqual([...new Set(listed)].sort())
})

describe('an error made from another error', () => {
  const box = createSecretBox([new Uint8Array(32).fill(1)])
  const openAltered = async () => {
    const sealed = await box.seal('token')
    return box.open(`${sealed.slice(0, -4)}AAAA`)
  }

  test('has it as its cause', async () => {
    const error = await openAltered().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DomainError)
    expect((error as DomainError).cause).toBeInstanceOf(Error)
    expect(errorReport(error)).toMatch(/^DomainError \(secret_unreadable\)[\s\S]*\ncaused by JWEDecryptionFailed/)
    expect('cause' in new DomainError('conflict', 'Without a cause.')).toBe(false)
  })

  test.each([
    ['of the server', openAltered, 503],
    [
      'of the client',
      () => Promise.reject(new DomainError('body_malformed', 'Not JSON.', { cause: new Error('JWEDecryptionFailed') })),
      400,
    ],
  ])(
    'is logged with its cause if it is the fault %s, and the client sees nothing of the cause',
    async (_, fail, status) => {
      const folder = scratchDir('errors')
      await startLogging({ log: { level: 'debug', format: 'json', file: join(folder, 'cti.log') }, secrets: [] })
      const requests = createRequestLog(createMetrics(), 0)
      const route = createDirectRoutes({ requests, isHttpsRequired: false, trustProxy: 0 })('/', 1024, fail as never)
      const server = Bun.serve({ port: 0, routes: { '/': route } })
      const response = await fetch(server.url)
      const body = await response.text()
      await server.stop(true)
      await stopLogging()
      const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
      expect(response.status).toBe(status)
      expect(body).not.toMatch(/JWE|cause/)
      expect(written.join('')).toMatch(/caused by [\s\S]*JWEDecryptionFailed/)
    },
  )
})
