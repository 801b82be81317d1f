/** How systemd wants to be notified by this process. */
export interface SystemdPlace {
  /** Path of the socket that takes notifications; `@` begins an abstract name. */
  socket: string
  /** The service is restarted when it gives no sign of life for this long; null without a watchdog. */
  watchdogMs: number | null
}

/** @returns null if systemd did not start this process with `Type=notify`. */
export function systemdPlace(): SystemdPlace | null {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = process.env
  if (process.platform !== 'linux' || !NOTIFY_SOCKET) return null
  const isWatched = Number(WATCHDOG_USEC) > 0 && (!WATCHDOG_PID || Number(WATCHDOG_PID) === process.pid)
  return { socket: NOTIFY_SOCKET, watchdogMs: isWatched ? Number(WATCHDOG_USEC) / 1000 : null }
}
