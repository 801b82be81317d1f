import { getLogger } from '@logtape/logtape'
import type { SystemdPlace } from '../config/systemd'
import { sendDatagram } from './notify-socket'

const log = getLogger(['cti', 'server'])

/** Notifies systemd of what the service does (`Type=notify`). Does nothing without it. */
export function createSystemd(place: SystemdPlace | null) {
  function notify(state: string): void {
    if (!place) return
    try {
      sendDatagram(place.socket, state)
    } catch (error) {
      log.warn('could not notify systemd of {state}: {error}', { state, error })
    }
  }

  return {
    /**
     * The service accepts work. From now on systemd gets a sign of life, twice as often as it expects one, while `settles`
     * does so. A database that refuses also settles: a restart does not repair it, and /health says so. One that hangs, or an
     * event loop that does, ends in a restart.
     */
    ready(settles: () => Promise<unknown>): void {
      notify('READY=1')
      if (!place?.watchdogMs) return
      let isWaiting = false
      setInterval(async () => {
        if (isWaiting) return
        isWaiting = true
        await settles().catch(() => {})
        isWaiting = false
        notify('WATCHDOG=1')
      }, place.watchdogMs / 2)
    },
    stopping: () => notify('STOPPING=1'),
  }
}
