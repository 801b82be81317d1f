import { getConfig, getLogger } from '@logtape/logtape'
import { errorReport } from '../lib/error-text'
import { stopLogging } from '../observability/logging'
import { EXIT } from './session'

const log = getLogger(['cti', 'server'])

/**
 * Handles signals that stop a server, from before its first output. A signal during the start stops the server once it has
 * started. The first signal drains, a second one exits immediately.
 * @param started resolves with a function that stops the server; rejects if the start fails.
 * @param onStopping called at the first signal.
 */
export function stopOnSignal(started: Promise<() => Promise<void>>, onStopping: () => void): void {
  let stopping = false
  const onSignal = async (signal: string) => {
    if (stopping) process.exit(EXIT.failed)
    stopping = true
    onStopping()
    log.info('{signal}: finishing requests in progress; send it again to exit immediately', { signal })
    try {
      await (await started)()
    } catch {
      // The start failed and reports its own error.
      return
    }
    await stopLogging()
    process.exit(EXIT.ok)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

/**
 * Logs an unhandled rejection without stopping the server. After an uncaught exception the state of the process is unknown,
 * so it exits. It logs the exception itself, because the runtime would print it with its data.
 */
export function logUnhandledErrors(): void {
  process.on('unhandledRejection', (error) => report('unhandled rejection', error))
  process.on('uncaughtException', (error) => {
    report('uncaught exception', error)
    void stopLogging().finally(() => process.exit(EXIT.failed))
  })
}

function report(what: string, error: unknown): void {
  if (getConfig() === null) console.error(`${what}: ${errorReport(error)}`)
  else log.error('{what}: {error}', { what, error })
}
