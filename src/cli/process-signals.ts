import { getLogger } from '@logtape/logtape'
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

/** Logs an unhandled rejection without stopping the server. */
export function logUnhandledRejections(): void {
  process.on('unhandledRejection', (error) => log.error('unhandled rejection: {error}', { error }))
}
