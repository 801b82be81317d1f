import { getLogger } from '@logtape/logtape'
import { stopLogging } from '../observability/logging'
import { EXIT } from './session'

const log = getLogger(['cti', 'server'])

/**
 * Handles the signals that end a server, from before it prints its first line: one that comes during the start stops what
 * was started once it is up. The first signal drains; a second one exits at once.
 * @param started what stops the server, once it is up; rejects when it cannot start.
 */
export function stopOnSignal(started: Promise<() => Promise<void>>): void {
  let stopping = false
  const onSignal = async (signal: string) => {
    if (stopping) process.exit(EXIT.failed)
    stopping = true
    log.info('{signal}: finishing what is in hand; once more to exit at once', { signal })
    try {
      await (await started)()
    } catch {
      // The start failed: it explains itself.
      return
    }
    await stopLogging()
    process.exit(EXIT.ok)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

/** A promise nobody waited for is logged, and the server goes on. */
export function logUnhandledRejections(): void {
  process.on('unhandledRejection', (error) => log.error('nobody waited for this failure: {error}', { error }))
}
