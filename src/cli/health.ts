import type { Config } from '../config/settings'
import type { Warning } from '../observability/warnings'
import { answeringCommand, print } from './print'
import { configOf, EXIT } from './session'

const TIMEOUT_MS = 4000
/** Addresses that mean "every one of this machine's". */
const WILDCARDS = ['0.0.0.0', '::', '[::]']

interface HealthAnswer {
  status: string
  checks: Record<string, string>
  warnings: Warning[]
}

export const health = () =>
  answeringCommand('health', 'ask the server of this machine whether it is healthy; exit code 1 when it is not', [
    'HOST',
    'PORT',
  ]).action(async (flags) => {
    const url = localUrl(configOf(flags))
    const answer = await ask(url)
    if (!answer) {
      console.error(`No server answers at ${url}.`)
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

/** @returns null when nothing answers, or what answers is not this server. */
async function ask(url: string): Promise<HealthAnswer | null> {
  try {
    // It asks itself: its certificate names the public address.
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
