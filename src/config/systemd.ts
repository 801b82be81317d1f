/** How this process notifies systemd. */
export interface SystemdSocket {
  /** Path of the notification socket; an abstract socket starts with `@`. */
  socket: string
  /** Time without a watchdog notification after which systemd restarts the service; null without a watchdog. */
  watchdogMs: number | null
}

/** @returns null if systemd did not start this process with `Type=notify`. */
export function systemdSocket(): SystemdSocket | null {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (process.platform !== 'linux' || !NOTIFY_SOCKET) return null
  const isWatched = Number(WATCHDOG_USEC) > 0 && (!WATCHDOG_PID || Number(WATCHDOG_PID) === process.pid)
  return { socket: NOTIFY_SOCKET, watchdogMs: isWatched ? Number(WATCHDOG_USEC) / 1000 : null }
}
