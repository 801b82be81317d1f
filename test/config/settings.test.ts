import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxSecrets } from '../../src/config/sandbox-secrets'
import { ConfigError, isSecret, readConfig, SETTING_NAMES, SETTINGS, unknownSettings } from '../../src/config/settings'
import { scratchDir } from '../support/scratch'

const dir = () => scratchDir('config')
const noSecrets = () => {
  throw new Error('asked for generated secrets')
}
const problemsOf = (values: Record<string, string>) => {
  try {
    readConfig(values, noSecrets)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ name }) => name)
  }
}
const production = {
  NODE_ENV: 'production',
  INTERNAL_API_SECRET: 'x'.repeat(32),
  DIALPAD_WEBHOOK_SECRET: 'y',
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
}

describe('configuration', () => {
  test('needs nothing in a sandbox: SQLite in DATA_DIR and generated secrets, readable only by their owner', () => {
    const DATA_DIR = dir()
    const config = readConfig({ DATA_DIR }, sandboxSecrets)
    expect(config.databaseUrl).toBe(`sqlite:${join(DATA_DIR, 'cti.db')}`)
    expect(config.port).toBe(4000)
    const file = join(DATA_DIR, 'secrets.json')
    expect(config.generatedSecretsIn).toBe(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8')).INTERNAL_API_SECRET).toBe(config.internal.apiSecret)
    expect(readConfig({ DATA_DIR }, sandboxSecrets).internal.apiSecret).toBe(config.internal.apiSecret)
  })

  test('reports every invalid setting at once', () => {
    expect(
      problemsOf({
        PORT: '70000',
        LOG_LEVEL: 'loud',
        DATABASE_URL: 'mysql://x',
        TRUST_PROXY: 'maybe',
        ENCRYPTION_KEY: 'c2hvcnQ=',
        DEFAULT_REGION: 'XX',
        TLS_CERT_FILE: '/no/such/file',
      }).sort(),
    ).toEqual([
      'DATABASE_URL',
      'DEFAULT_REGION',
      'ENCRYPTION_KEY',
      'LOG_LEVEL',
      'PORT',
      'TLS_CERT_FILE',
      'TLS_KEY_FILE',
      'TRUST_PROXY',
    ])
  })

  test('refuses production without real secrets, and never generates any there', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      'INTERNAL_API_SECRET',
      'DIALPAD_WEBHOOK_SECRET',
      'ENCRYPTION_KEY',
    ])
    expect(problemsOf({ ...production, INTERNAL_API_SECRET: 'x'.repeat(31) })).toEqual(['INTERNAL_API_SECRET'])
    expect(readConfig(production, noSecrets).dialpad.baseUrl).toBe('https://dialpad.com')
  })

  test('takes Postgres from DB_* with every character of the password', () => {
    const config = readConfig(
      { ...production, DB_HOST: 'db', DB_USER: 'cti', DB_PASSWORD: 'p@ss/w:rd', DB_NAME: 'cti' },
      noSecrets,
    )
    expect(config.databaseUrl).toBe('postgres://cti:p%40ss%2Fw%3Ard@db:5432/cti')
    expect(problemsOf({ ...production, DB_HOST: 'db' })).toEqual(['DB_USER', 'DB_NAME'])
  })

  test('refuses a damaged secrets file instead of replacing it', () => {
    const DATA_DIR = dir()
    writeFileSync(join(DATA_DIR, 'secrets.json'), '{}')
    expect(() => readConfig({ DATA_DIR }, sandboxSecrets)).toThrow('damaged')
  })

  test('finds misspelled settings', () => {
    expect(unknownSettings({ DIALPAD_WEBHOK_SECRET: 'x', DIALPAD_API_KEY: 'x', PATH: '/bin' })).toEqual([
      'DIALPAD_WEBHOK_SECRET',
    ])
  })

  test('describes every setting, and marks every secret', () => {
    for (const name of SETTING_NAMES)
      expect([name, SETTINGS.shape[name].description?.length ?? 0]).not.toEqual([name, 0])
    expect(SETTING_NAMES.filter(isSecret).sort()).toEqual([
      'DB_PASSWORD',
      'DIALPAD_API_KEY',
      'DIALPAD_PROD_CLIENT_SECRET',
      'DIALPAD_SANDBOX_CLIENT_SECRET',
      'DIALPAD_WEBHOOK_SECRET',
      'ENCRYPTION_KEY',
      'INTERNAL_API_SECRET',
    ])
  })
})

test.each([
  ['warn', 'warning'],
  ['warning', 'warning'],
  ['debug', 'debug'],
] as const)('LOG_LEVEL=%s is accepted', (LOG_LEVEL, level) => {
  expect(readConfig({ ...production, LOG_LEVEL }, noSecrets).log.level).toBe(level)
})
