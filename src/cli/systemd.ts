import { getLogger } from '@logtape/logtape'
import type { SystemdSocket } from '../config/systemd'
import { sendDatagram } from './notify-socket'

const log = getLogger(['cti', 'server'])

/** Notifies systemd of the state of the service (`Type=notify`). Does nothing without systemd. */
export function createSystemd(systemd: SystemdSocket | null) {
  function notify(state: string): void {
    if (!systemd) return
    try {
      sendDatagram(systemd.socket, state)
    } catch (error) {
      log.warn('could not notify systemd of {state}: {error}', { state, error })
    }
  }

  return {
    /**
     * Reports that the service is ready. Then sends a watchdog notification at twice the required rate, as long as the event
     * loop runs and `checkDatabase` settles. A database error also counts as an answer, because a restart does not fix it and
     * /health reports it.
     */
    ready(checkDatabase: () => Promise<unknown>): void {
      notify('READY=1')
      if (!systemd?.watchdogMs) return
      let isWaiting = false
      setInterval(async () => {
        if (isWaiting) return
        isWaiting = true
        await checkDatabase().catch(() => {})
        isWaiting = false
        notify('WATCHDOG=1')
      }, systemd.watchdogMs / 2)
    },
    stopping: () => notify('STOPPING=1'),
  }
}
