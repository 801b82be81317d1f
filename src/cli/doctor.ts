import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missingScopes } from '../config/dialpad-scopes'
import { type Config, ConfigError, settingValues, unknownSettings } from '../config/settings'
import type { Database } from '../db/database'
import { openDatabase } from '../db/index'
import { createConnectionStore } from '../dialpad/connections/store'
import { createSecretBox } from '../lib/secret-box'
import { createSealedSecrets } from '../maintenance/sealed-secrets'
import { createSealedStore } from '../maintenance/sealed-store'
import { answeringCommand, print } from './print'
import { configOf, EXIT } from './session'

type Verdict = 'ok' | 'warning' | 'problem'
interface Finding {
  check: string
  verdict: Verdict
  detail: string
  fix?: string
}

const MARKS: Record<Verdict, string> = { ok: '✓', warning: '!', problem: '✗' }
const LITTLE_BYTES = 1024 ** 3
const CLOCK_OFF_MS = 30_000
const PATIENCE_MS = 5000

export const doctor = () =>
  answeringCommand('doctor', 'check settings, database, clock, disk, public URL and Dialpad, and suggest fixes', [
    'DATA_DIR',
    'DATABASE_URL',
    'PUBLIC_URL',
  ]).action(async (flags) => {
    const findings = await examine(flags)
    const healthy = findings.every(({ verdict }) => verdict !== 'problem')
    const lines = findings.map(
      ({ check, verdict, detail, fix }) =>
        `${MARKS[verdict]} ${check.padEnd(15)} ${detail}${fix ? `\n${' '.repeat(18)}→ ${fix}` : ''}`,
    )
    print(flags.json, { healthy, findings }, lines.join('\n'))
    if (!healthy) process.exitCode = EXIT.failed
  })

async function examine(flags: Record<string, unknown>): Promise<Finding[]> {
  let config: Config
  try {
    config = configOf(flags)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ name, message }) => problem('settings', `${name} is invalid`, message))
  }
  return [
    ...settings(),
    disk(config),
    ...(await database(config)),
    await publicAddress(config),
    ...(await dialpad(config)),
  ]
}

const ok = (check: string, detail: string): Finding => ({ check, verdict: 'ok', detail })
const warning = (check: string, detail: string, fix: string): Finding => ({ check, verdict: 'warning', detail, fix })
const problem = (check: string, detail: string, fix: string): Finding => ({ check, verdict: 'problem', detail, fix })

function settings(): Finding[] {
  const strays = unknownSettings(settingValues())
  if (strays.length === 0) return [ok('settings', 'all settings are valid')]
  return strays.map((name) => warning('settings', `unknown setting ${name}`, 'correct the name, or remove it'))
}

function disk({ dataDir }: Config): Finding {
  try {
    mkdirSync(dataDir, { recursive: true })
    const probe = join(dataDir, '.doctor')
    writeFileSync(probe, '')
    rmSync(probe)
    const { bavail, bsize } = statfsSync(dataDir)
    const free = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free in ${dataDir}`
    return bavail * bsize < LITTLE_BYTES
      ? warning('disk', free, 'free some space; less than 1 GiB fills up quickly')
      : ok('disk', free)
  } catch (error) {
    return problem(
      'disk',
      `cannot write to ${dataDir}: ${(error as Error).message}`,
      'change DATA_DIR or its permissions',
    )
  }
}

async function database({ databaseUrl, databaseDirectUrl, encryptionKeys }: Config): Promise<Finding[]> {
  const kind = databaseUrl.startsWith('sqlite') ? 'SQLite' : 'Postgres'
  let opened: Database | undefined
  try {
    opened = await openDatabase(databaseUrl, databaseDirectUrl)
    const startedAt = performance.now()
    await opened.ping()
    await opened.checkMigrations()
    const answers = ok('database', `${kind} responds in ${Math.ceil(performance.now() - startedAt)} ms`)
    // A new database has no tables yet.
    return [
      answers,
      ...(await secrets(opened, encryptionKeys).catch(() => [])),
      ...(await connections(opened).catch(() => [])),
    ]
  } catch (error) {
    const reason = (error as Error).message || (error as NodeJS.ErrnoException).code
    return [problem('database', `cannot use ${kind}: ${reason}`, 'check DATABASE_URL, or the DB_* settings')]
  } finally {
    await opened?.close()
  }
}

/** Checks the public URL as Dialpad would: it must respond, as a CTI server. */
async function publicAddress({ publicUrl, dialpad: { delivery } }: Config): Promise<Finding> {
  if (!publicUrl)
    return delivery === 'pull'
      ? ok('public address', 'not required in pull mode')
      : warning('public address', 'PUBLIC_URL is not set', 'set it to create webhooks, or DIALPAD_DELIVERY=pull')
  try {
    const answer = await fetch(`${publicUrl}/live`, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'manual' })
    const body = await answer.text()
    if (answer.ok && body.includes('"live"')) return ok('public address', `${publicUrl} is a CTI server`)
    return problem(
      'public address',
      `${publicUrl}/live responds with ${answer.status}`,
      'point PUBLIC_URL or its proxy to this server',
    )
  } catch (error) {
    return problem(
      'public address',
      `${publicUrl} is unreachable: ${(error as Error).message}`,
      'start the server, and check DNS, the proxy and the firewall',
    )
  }
}

/** The Date header of Dialpad's response has Dialpad's clock, which sets the times of events and tokens. */
async function dialpad({ dialpad: { baseUrl, apiKey, oauth, scopes } }: Config): Promise<Finding[]> {
  const access =
    apiKey || oauth
      ? ok('credentials', apiKey ? 'DIALPAD_API_KEY is set' : 'an OAuth client is set')
      : warning(
          'credentials',
          'no credentials for Dialpad',
          'set DIALPAD_API_KEY, or DIALPAD_…_CLIENT_ID and _CLIENT_SECRET',
        )
  const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {}
  try {
    const answer = await fetch(`${baseUrl}/api/v2/company`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) })
    await answer.arrayBuffer()
    const refused = apiKey && (answer.status === 401 || answer.status === 403)
    return [
      access,
      ...(oauth && !apiKey ? scopeFindings('DIALPAD_SCOPES', scopes) : []),
      refused
        ? problem(
            'dialpad',
            `${baseUrl} rejected DIALPAD_API_KEY`,
            'check that the key is for the right environment, sandbox or production (NODE_ENV, DIALPAD_BASE_URL), or create a new company key at Dialpad',
          )
        : ok('dialpad', `${baseUrl} responds`),
      clock(answer.headers.get('date')),
    ]
  } catch (error) {
    const fix = 'allow HTTPS to it; simulated calls work without it'
    return [access, warning('dialpad', `${baseUrl} is unreachable: ${(error as Error).message}`, fix)]
  }
}

/** @param where name of the settings or connection with the scopes. */
function scopeFindings(where: string, granted: string): Finding[] {
  return missingScopes(granted).map(({ scope, feature }) =>
    warning('scopes', `${where} lacks ${scope}: ${feature} will not work`, `add ${scope}, and connect again`),
  )
}

/** Checks the scopes of all connections in the database, which were granted when they were created. */
async function connections(opened: Database): Promise<Finding[]> {
  const rows = await createConnectionStore(opened).list(opened.queries)
  return rows.flatMap(({ appId, scopes }) => (scopes ? scopeFindings(`the connection of app ${appId}`, scopes) : []))
}

/** Checks that ENCRYPTION_KEY decrypts all secrets, and whether older keys are still required. */
async function secrets(opened: Database, encryptionKeys: Uint8Array[]): Promise<Finding[]> {
  const secretBox = createSecretBox(encryptionKeys)
  const sealed = createSealedSecrets({ database: opened, store: createSealedStore(opened), secretBox })
  const { current, underOldKeys, unreadable, named } = await sealed.state()
  if (unreadable > 0) {
    const some = named.slice(0, 3).map(({ kind, id }) => `${kind} ${id}`)
    return [
      problem(
        'encryption',
        `${unreadable} secrets cannot be decrypted: ${some.join(', ')}`,
        'add the key they were encrypted with to ENCRYPTION_KEY; if it is lost, connect or create them again',
      ),
    ]
  }
  if (underOldKeys > 0)
    return [
      warning(
        'encryption',
        `${underOldKeys} secrets are encrypted with an older key of ENCRYPTION_KEY`,
        'POST /internal/encryption/reseal, then remove the older key',
      ),
    ]
  const rest = encryptionKeys.length > 1 ? '; the other keys can be removed' : ''
  return [ok('encryption', `ENCRYPTION_KEY decrypts all ${current} secrets${rest}`)]
}

function clock(date: string | null): Finding {
  const offMs = date ? Date.now() - Date.parse(date) : 0
  const seconds = Math.round(Math.abs(offMs) / 1000)
  if (Math.abs(offMs) < CLOCK_OFF_MS) return ok('clock', 'in sync with Dialpad')
  return problem(
    'clock',
    `${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} Dialpad's`,
    'synchronize the clock with NTP',
  )
}
