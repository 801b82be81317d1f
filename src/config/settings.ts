import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Cron } from 'croner'
import { z } from 'zod'
import { isRegion, type Region } from '../lib/phone-number'
import { SCOPE_FEATURES } from './dialpad-scopes'

/**
 * All settings with name, format, default and description. Values come from flags, then the environment (including `.env`),
 * then the default. Only this folder reads `process.env`.
 */

const text = z.string().trim().min(1)
const integer = (min: number, max: number) =>
  z
    .string()
    .trim()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
const flag = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0'], 'must be true or false'))
  .transform((value) => value === 'true' || value === '1')
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .transform((url) => url.replace(/(?<!\/)\/+$/, ''))
const encryptionKeys = z.string().transform((value, context) => {
  const keys = value.split(',').map((part) => Uint8Array.from(Buffer.from(part.trim(), 'base64')))
  if (keys.some((key) => key.length !== 32))
    context.addIssue({
      code: 'custom',
      message: 'must be 32 bytes in base64, or several separated by commas (make one: openssl rand -base64 32)',
    })
  return keys
})
const trustProxy = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(true|false|\d{1,2})$/, 'must be the number of proxies in front of the server, or false')
  .transform((value) => (value === 'true' ? 1 : value === 'false' ? 0 : Number(value)))

const cronPattern = text.refine((pattern) => {
  try {
    return new Cron(pattern, { paused: true }).nextRun() !== null
  } catch {
    return false
  }
}, 'must be a cron pattern such as "0 3 * * *" (every day at 3)')

const NODE_ENVS = ['sandbox', 'production', 'development', 'test'] as const

export const SETTINGS = z.object({
  PORT: integer(0, 65535).default(4000).describe('port to listen on; 0 picks a free one'),
  HOST: text.default('0.0.0.0').describe('address to listen on'),
  NODE_ENV: z
    .enum(NODE_ENVS, `must be one of ${NODE_ENVS.join(', ')}`)
    .default('sandbox')
    .describe('sandbox or production; development and test behave like sandbox'),
  DATA_DIR: text.default('./data').describe('SQLite file, generated sandbox secrets, backups, logs'),
  DATABASE_URL: text
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)/, 'must start with sqlite: or postgres://')
    .optional()
    .describe('sqlite:<path> or postgres://…; default sqlite:<DATA_DIR>/cti.db'),
  DATABASE_DIRECT_URL: text
    .regex(/^postgres(ql)?:\/\/.+/, 'must start with postgres://')
    .optional()
    .describe('URL of Postgres itself, if DATABASE_URL is a pooler in transaction mode such as PgBouncer'),
  DB_HOST: text.optional().describe('Postgres host; use the DB_* settings instead of DATABASE_URL'),
  DB_PORT: integer(1, 65535).default(5432).describe('Postgres port'),
  DB_USER: text.optional().describe('Postgres user'),
  DB_PASSWORD: z.string().optional().meta({ secret: true }).describe('Postgres password'),
  DB_NAME: text.optional().describe('Postgres database'),
  WORKERS: integer(1, 64).default(1).describe('number of processes that share the port; requires Postgres'),
  INTERNAL_API_SECRET: text
    .min(16, 'must have at least 16 characters')
    .optional()
    .meta({ secret: true })
    .describe('admin bearer secret; generated in sandbox, at least 32 characters in production'),
  INTERNAL_JWKS_URL: httpUrl.optional().describe('URL of a JWKS; also accept admin JWTs signed by its keys'),
  INTERNAL_JWT_AUDIENCE: text.optional().describe('required audience of admin JWTs'),
  DIALPAD_WEBHOOK_SECRET: text
    .optional()
    .meta({ secret: true })
    .describe(
      'key of the shared route POST /webhooks/dialpad; generated in sandbox; two separated by a comma during a rotation',
    ),
  DIALPAD_HMAC_WEBHOOKS: flag
    .default(true)
    .describe('accept JSON bodies signed in x-dialpad-signature, in addition to JWT bodies'),
  DIALPAD_API_KEY: text
    .optional()
    .meta({ secret: true })
    .describe('static company API key; takes precedence over OAuth'),
  DIALPAD_SANDBOX_CLIENT_ID: text.optional().describe('OAuth client of the sandbox environment'),
  DIALPAD_SANDBOX_CLIENT_SECRET: text.optional().meta({ secret: true }).describe('secret of this OAuth client'),
  DIALPAD_SANDBOX_REDIRECT_URI: httpUrl
    .optional()
    .describe('redirect URL of this OAuth client; default PUBLIC_URL + /auth/dialpad/callback'),
  DIALPAD_PROD_CLIENT_ID: text.optional().describe('OAuth client of the production environment'),
  DIALPAD_PROD_CLIENT_SECRET: text.optional().meta({ secret: true }).describe('secret of this OAuth client'),
  DIALPAD_PROD_REDIRECT_URI: httpUrl
    .optional()
    .describe('redirect URL of this OAuth client; default PUBLIC_URL + /auth/dialpad/callback'),
  DIALPAD_SCOPES: text.default(SCOPE_FEATURES.map(({ scope }) => scope).join(' ')).describe('OAuth scopes to request'),
  DIALPAD_BASE_URL: httpUrl
    .optional()
    .describe('base URL of Dialpad; default https://sandbox.dialpad.com, or https://dialpad.com in production'),
  DIALPAD_DELIVERY: z
    .enum(['webhook', 'pull'], 'must be webhook or pull')
    .default('webhook')
    .describe('how events arrive: Dialpad calls PUBLIC_URL, or this server pulls them and needs no public address'),
  DIALPAD_CTI_CLIENT_ID: text.optional().describe('Mini Dialer client id for the browser kit'),
  PUBLIC_URL: httpUrl
    .optional()
    .describe('public URL of this server for Dialpad and browsers; required to create webhooks'),
  ENCRYPTION_KEY: encryptionKeys
    .optional()
    .meta({ secret: true })
    .describe(
      'key that encrypts Dialpad tokens and webhook secrets: 32 bytes in base64; several, separated by commas, for rotation',
    ),
  RATE_LIMIT_API: integer(1, 1_000_000).default(300).describe('requests per minute and client address on /api'),
  RATE_LIMIT_INTERNAL: integer(1, 1_000_000)
    .default(100)
    .describe('requests per minute and client address on /internal'),
  RATE_LIMIT_AUTH: integer(1, 1_000_000).default(10).describe('failed logins per 15 minutes and client address'),
  TRUST_PROXY: trustProxy.default(0).describe('number of proxies whose X-Forwarded-For and -Proto headers to trust'),
  TLS_CERT_FILE: text.optional().describe('certificate chain (PEM) to serve HTTPS and WSS directly'),
  TLS_KEY_FILE: text.optional().describe('private key (PEM) of the certificate'),
  CORS_ORIGINS: text
    .optional()
    .describe('browser origins allowed to call /api, separated by commas; * for all; default none'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'warning', 'error'], 'must be debug, info, warn (or warning) or error')
    .default('info')
    .describe('minimum log level: debug, info, warn (or warning) or error'),
  LOG_FORMAT: z
    .enum(['pretty', 'json'], 'must be pretty or json')
    .optional()
    .describe('log format; default pretty on a terminal, otherwise json'),
  LOG_FILE: text
    .optional()
    .describe('also log to this file, with the day in its name; rotated daily and at 10 MiB, kept for 14 days'),
  ENDPOINT_ALLOW_PRIVATE: flag
    .optional()
    .describe('allow outgoing webhooks to private addresses; default false in production, otherwise true'),
  PROCESSOR_INTERVAL_SECONDS: integer(1, 59).default(5).describe('interval of the fallback sweep of the event queue'),
  BACKUP_SCHEDULE: cronPattern
    .optional()
    .describe('cron pattern for verified SQLite backups to DATA_DIR/backups, such as 0 3 * * *; default none'),
  BACKUP_KEEP: integer(1, 10_000).default(7).describe('number of backups to keep; older ones are deleted'),
  STALE_CALL_MINUTES: integer(1, 10080)
    .default(240)
    .describe('end calls without an event for this long, with the end reason stale'),
  RETENTION_DAYS: integer(1, 36500)
    .optional()
    .describe('purge processed raw events, stream entries and deliveries older than this; default never'),
  DEFAULT_REGION: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isRegion, 'must be a two-letter country code such as US')
    .transform((region) => region as Region)
    .default('US')
    .describe('default country of phone numbers without a country code'),
})

type Settings = z.output<typeof SETTINGS>
export type SettingName = keyof Settings
export const SETTING_NAMES = Object.keys(SETTINGS.shape) as SettingName[]

export type Config = ReturnType<typeof resolveConfig>

/** All invalid settings, which prevent the start. */
export class ConfigError extends Error {
  constructor(readonly problems: { name: string; message: string }[]) {
    super(problems.map(({ name, message }) => `${name}: ${message}`).join('\n'))
  }
}

/** The secrets that a sandbox generates if none are configured. */
export interface GeneratedSecrets {
  INTERNAL_API_SECRET: string
  DIALPAD_WEBHOOK_SECRET: string
}

/**
 * @param values settings by name. Empty strings count as not set.
 * @param generated returns the generated secrets of a sandbox. Never called in production.
 * @throws ConfigError with every invalid or missing setting.
 */
export function readConfig(
  values: Record<string, string | undefined>,
  generated: (dataDir: string) => GeneratedSecrets,
): Config {
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, values[name]?.trim() ? values[name] : undefined]))
  const parsed = SETTINGS.safeParse(given)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ name: String(path[0]), message }))
  const wants = (names: SettingName[]) => names.filter((name) => given[name] === undefined)

  if (given.NODE_ENV === 'production') {
    for (const name of wants(['INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY']))
      problems.push({ name, message: `must be set in production (make one: openssl rand -base64 32)` })
    if (given.INTERNAL_API_SECRET && given.INTERNAL_API_SECRET.length < 32)
      problems.push({ name: 'INTERNAL_API_SECRET', message: 'must have at least 32 characters in production' })
  }
  if (parsed.data && databaseUrlOf(parsed.data).startsWith('sqlite:')) {
    if (parsed.data.WORKERS > 1)
      problems.push({ name: 'WORKERS', message: 'must be 1 on SQLite; set DATABASE_URL to a Postgres database' })
    if (parsed.data.DATABASE_DIRECT_URL)
      problems.push({
        name: 'DATABASE_URL',
        message: 'must be the URL of a Postgres pooler if DATABASE_DIRECT_URL is set',
      })
  }
  if (given.DB_HOST && !given.DATABASE_URL)
    for (const name of wants(['DB_USER', 'DB_NAME']))
      problems.push({ name, message: 'must be set together with DB_HOST' })
  if (given.BACKUP_SCHEDULE && (given.DB_HOST || /^postgres/.test(given.DATABASE_URL ?? '')))
    problems.push({ name: 'BACKUP_SCHEDULE', message: 'is only for SQLite; back up Postgres with pg_dump' })
  for (const [one, other] of [
    ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
    ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
    ['INTERNAL_JWKS_URL', 'INTERNAL_JWT_AUDIENCE'],
  ] as const)
    if (given[one] && !given[other]) problems.push({ name: other, message: `must be set together with ${one}` })
  for (const name of ['TLS_CERT_FILE', 'TLS_KEY_FILE'] as const)
    if (given[name]) {
      try {
        readFileSync(given[name])
      } catch {
        problems.push({ name, message: `cannot read ${given[name]}` })
      }
    }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return resolveConfig(parsed.data, generated, given)
}

function resolveConfig(
  s: Settings,
  generated: (dataDir: string) => GeneratedSecrets,
  given: Record<string, string | undefined>,
) {
  const production = s.NODE_ENV === 'production'
  const dataDir = resolve(s.DATA_DIR)
  const made = s.INTERNAL_API_SECRET && s.DIALPAD_WEBHOOK_SECRET ? null : generated(dataDir)
  // biome-ignore lint/style/noNonNullAssertion: made is null only when both are set
  const internalApiSecret = s.INTERNAL_API_SECRET ?? made!.INTERNAL_API_SECRET
  const oauth = production
    ? {
        clientId: s.DIALPAD_PROD_CLIENT_ID,
        clientSecret: s.DIALPAD_PROD_CLIENT_SECRET,
        redirectUri: s.DIALPAD_PROD_REDIRECT_URI,
      }
    : {
        clientId: s.DIALPAD_SANDBOX_CLIENT_ID,
        clientSecret: s.DIALPAD_SANDBOX_CLIENT_SECRET,
        redirectUri: s.DIALPAD_SANDBOX_REDIRECT_URI,
      }
  return {
    /** All explicitly set values. Contains secrets: check `isSecret` before showing one. */
    given,
    port: s.PORT,
    host: s.HOST,
    environment: s.NODE_ENV,
    production,
    dataDir,
    databaseUrl: databaseUrlOf(s),
    databaseDirectUrl: s.DATABASE_DIRECT_URL ?? null,
    workers: s.WORKERS,
    publicUrl: s.PUBLIC_URL ?? null,
    /** File with the generated secrets of this sandbox, or null if all secrets were configured. */
    generatedSecretsIn: made ? join(dataDir, SECRETS_FILE) : null,
    /** All secret values, so that the log can redact them. */
    secrets: [
      ...SETTING_NAMES.filter(isSecret).flatMap((name) => given[name]?.split(',').map((part) => part.trim()) ?? []),
      ...Object.values(made ?? {}),
      ...(s.DATABASE_URL ? passwordsIn(s.DATABASE_URL) : []),
    ],
    internal: {
      apiSecret: internalApiSecret,
      jwksUrl: s.INTERNAL_JWKS_URL ?? null,
      jwtAudience: s.INTERNAL_JWT_AUDIENCE ?? null,
    },
    encryptionKeys: s.ENCRYPTION_KEY ?? [
      Uint8Array.from(createHash('sha256').update(`encryption:${internalApiSecret}`).digest()),
    ],
    dialpad: {
      // biome-ignore lint/style/noNonNullAssertion: made is null only when both are set
      webhookSecrets: (s.DIALPAD_WEBHOOK_SECRET ?? made!.DIALPAD_WEBHOOK_SECRET).split(',').map((part) => part.trim()),
      hmacWebhooks: s.DIALPAD_HMAC_WEBHOOKS,
      apiKey: s.DIALPAD_API_KEY ?? null,
      baseUrl: s.DIALPAD_BASE_URL ?? (production ? 'https://dialpad.com' : 'https://sandbox.dialpad.com'),
      ctiClientId: s.DIALPAD_CTI_CLIENT_ID ?? null,
      scopes: s.DIALPAD_SCOPES,
      delivery: s.DIALPAD_DELIVERY,
      oauth:
        oauth.clientId && oauth.clientSecret
          ? {
              clientId: oauth.clientId,
              clientSecret: oauth.clientSecret,
              redirectUri: oauth.redirectUri ?? (s.PUBLIC_URL ? `${s.PUBLIC_URL}/auth/dialpad/callback` : null),
            }
          : null,
    },
    rateLimit: {
      apiPerMinute: s.RATE_LIMIT_API,
      internalPerMinute: s.RATE_LIMIT_INTERNAL,
      authFailuresPer15Min: s.RATE_LIMIT_AUTH,
    },
    trustProxy: s.TRUST_PROXY,
    corsOrigins: s.CORS_ORIGINS?.split(',').map((origin) => origin.trim()) ?? [],
    tls: s.TLS_CERT_FILE && s.TLS_KEY_FILE ? { certFile: s.TLS_CERT_FILE, keyFile: s.TLS_KEY_FILE } : null,
    log: {
      level: s.LOG_LEVEL === 'warn' ? ('warning' as const) : s.LOG_LEVEL,
      format: s.LOG_FORMAT ?? (process.stdout.isTTY ? ('pretty' as const) : ('json' as const)),
      file: s.LOG_FILE ?? null,
    },
    endpoints: { allowPrivate: s.ENDPOINT_ALLOW_PRIVATE ?? !production },
    processorIntervalSeconds: s.PROCESSOR_INTERVAL_SECONDS,
    backup: { schedule: s.BACKUP_SCHEDULE ?? null, keep: s.BACKUP_KEEP, dir: join(dataDir, 'backups') },
    staleCallMinutes: s.STALE_CALL_MINUTES,
    retentionDays: s.RETENTION_DAYS ?? null,
    region: s.DEFAULT_REGION,
  }
}

export const SECRETS_FILE = 'secrets.json'

function passwordsIn(url: string): string[] {
  const password = URL.parse(url)?.password
  return password ? [password, decodeURIComponent(password)] : []
}

const databaseUrlOf = (s: Settings): string =>
  s.DATABASE_URL ?? postgresUrl(s) ?? `sqlite:${join(resolve(s.DATA_DIR), 'cti.db')}`

function postgresUrl(s: Settings): string | null {
  if (!s.DB_HOST) return null
  const password = s.DB_PASSWORD ? `:${encodeURIComponent(s.DB_PASSWORD)}` : ''
  // biome-ignore lint/style/noNonNullAssertion: the schema requires both beside DB_HOST
  return `postgres://${encodeURIComponent(s.DB_USER!)}${password}@${s.DB_HOST}:${s.DB_PORT}/${encodeURIComponent(s.DB_NAME!)}`
}

/** Values from the process environment, overridden by flags. */
export function settingValues(flags: Record<string, string | undefined> = {}): Record<string, string | undefined> {
  return { ...process.env, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) }
}

/** Environment variables that look like a setting but are unknown: probably misspelled. */
export function unknownSettings(values: Record<string, string | undefined>): string[] {
  const known = new Set<string>(SETTING_NAMES)
  return Object.keys(values).filter(
    (name) => /^(DIALPAD|INTERNAL|RATE_LIMIT|PROCESSOR|RETENTION|TLS|ENDPOINT)_/.test(name) && !known.has(name),
  )
}

/** Whether the setting contains a secret that must not be shown. */
export function isSecret(name: SettingName): boolean {
  return SETTINGS.shape[name].meta()?.secret === true
}
