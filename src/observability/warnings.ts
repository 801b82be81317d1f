import { getLogger } from '@logtape/logtape'
import type { Metrics } from './metrics'

const log = getLogger(['cti', 'warnings'])

/** How long /health waits for one source, in ms. */
const TIMEOUT_MS = 2000

/** Codes of problems that an operator must know about while the server works. A code never changes its meaning. */
export const WARNING_CODES = [
  'unrouted_events',
  'dead_letters',
  'shared_route_ambiguous',
  'dialpad_connection_failed',
  'dialpad_webhook_failed',
  'dialpad_subscription_disabled',
  'dialpad_backfill_refused',
  'dialpad_pull_disconnected',
  'dialpad_scope_missing',
  'endpoint_disabled',
  'secret_unreadable',
  'disk_low',
  'clock_skew',
  'backup_failed',
] as const
export type WarningCode = (typeof WARNING_CODES)[number]

export interface Warning {
  code: WarningCode
  /** The problem in one sentence. May contain ids and counts, but no secrets and no personal data. */
  message: string
  /** What the operator should do. */
  action: string
  /** Id of the connection, webhook, endpoint or app, if several may have the same code. */
  subject?: string
}

export type WarningSource = () => Warning[] | Promise<Warning[]>

/** Collects the warnings of all rooms. Logs each one when it appears and when it clears. */
export function createWarnings({ metrics, sources }: { metrics: Metrics; sources: Record<string, WarningSource> }) {
  /** Last result of each source. A source that fails neither adds nor clears a warning. */
  const answers = new Map<string, Warning[]>()
  let logged = new Map<string, Warning>()
  let running: Promise<Warning[]> | null = null

  async function ask(name: string, source: WarningSource): Promise<void> {
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => timeout.reject(new Error('no response in time')), TIMEOUT_MS)
    try {
      answers.set(name, await Promise.race([source(), timeout.promise]))
    } catch (error) {
      log.debug('could not check the warnings of {name}: {reason}', { name, reason: (error as Error).message })
    } finally {
      clearTimeout(timer)
    }
  }

  function logChanges(warnings: Warning[]): void {
    const now = byIdentity(warnings)
    for (const [identity, { code, message, action }] of now)
      if (!logged.has(identity)) log.warn('{code}: {message} {action}', { code, message, action })
    for (const [identity, { code, message }] of logged)
      if (!now.has(identity)) log.info('{code} is over: {message}', { code, message })
    logged = now
  }

  async function check(): Promise<Warning[]> {
    await Promise.all(Object.entries(sources).map(([name, source]) => ask(name, source)))
    const warnings = [...byIdentity([...answers.values()].flat()).values()]
    logChanges(warnings)
    metrics.warnings.reset()
    for (const { code } of warnings) metrics.warnings.inc({ code })
    return warnings
  }

  return {
    /** Returns the current warnings. Concurrent requests share one check. Never rejects. */
    current(): Promise<Warning[]> {
      running ??= check().finally(() => {
        running = null
      })
      return running
    },
  }
}

/** Two rooms may report the same problem. */
const byIdentity = (warnings: Warning[]) =>
  new Map(warnings.map((warning) => [`${warning.code} ${warning.subject ?? ''}`, warning]))
