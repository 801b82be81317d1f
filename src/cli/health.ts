import type { Config } from '../config/settings'
import type { Warning } from '../observability/warnings'
import { answeringCommand, print } from './print'
import { configOf, EXIT } from './session'

const TIMEOUT_MS = 4000
/** Wildcard addresses: all interfaces of this machine. */
const WILDCARDS = ['0.0.0.0', '::', '[::]']

interface HealthAnswer {
  status: string
  checks: Record<string, string>
  warnings: Warning[]
}

export const health = () =>
  answeringCommand('health', 'check the health of the local server; exit code 1 if it is unhealthy', [
    'HOST',
    'PORT',
  ]).action(async (flags) => {
    const url = localUrl(configOf(flags))
    const answer = await ask(url)
    if (!answer) {
      console.error(`No server responds at ${url}.`)
      process.exitCode = EXIT.unavailable
      return
    }
    const { status, checks, warnings } = answer
    const notes = [
      ...Object.entries(checks).map(([name, detail]) => `  ${name}: ${detail}`),
      ...warnings.map(({ code, message, action }) => `  ${code}: ${message} ${action}`),
    ]
    print(flags.json, answer, [status, ...notes].join('\n'))
    if (status !== 'healthy') process.exitCode = EXIT.failed
  })

/** @returns null if nothing responds, or something other than this server. */
async function ask(url: string): Promise<HealthAnswer | null> {
  try {
    // Local request: the certificate is for the public host name.
    const tls = { rejectUnauthorized: false }
    const answer = await fetch(`${url}/health`, { tls, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return (await answer.json()) as HealthAnswer
  } catch {
    return null
  }
}

function localUrl({ tls, host, port }: Config): string {
  return `http${tls ? 's' : ''}://${WILDCARDS.includes(host) ? 'localhost' : host}:${port}`
}
