import type { Registry } from 'prom-client'
import { VERSION } from '../config/version'
import type { HealthProbe } from '../http/health'
import type { Services } from './compose'

const CHECK_TIMEOUT_MS = 2000

/** The state of the process that serves. */
export interface ServerProbe {
  state(): 'starting' | 'ready' | 'draining'
  /** The port the server listens on. */
  port(): number
  /** Adds the metrics of the other workers to this one's. Absent without workers. */
  addWorkers?: ((own: Registry) => Promise<Registry>) | undefined
}

/** The data of /health. */
export function healthProbe(services: Services, server: ServerProbe): HealthProbe {
  const { config, database, metrics, warnings } = services
  return {
    environment: config.environment,
    version: VERSION,
    port: server.port,
    state: server.state,
    checks: async () => ({ database: await failureOf(() => database.ping()) }),
    warnings: warnings.current,
    metrics: async () => server.addWorkers?.(metrics.registry) ?? metrics.registry,
  }
}

/** The reason why the check failed, or null if it passed. */
async function failureOf(check: () => Promise<void>): Promise<string | null> {
  try {
    await Promise.race([
      check(),
      Bun.sleep(CHECK_TIMEOUT_MS).then(() => {
        throw new Error(`no response within ${CHECK_TIMEOUT_MS / 1000} s`)
      }),
    ])
    return null
  } catch (error) {
    return `unreachable: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`
  }
}
