/** Notifications of one moment go to the other instances together: NOTIFY makes commits queue behind each other. */
const GATHER_MS = 2

/**
 * Sends notifications after their commit, outside it, each payload once per channel.
 * A lost one is healed by the sweeps of whoever waited for it.
 */
export function createNotifier(send: (channels: string[], payloads: string[]) => PromiseLike<unknown>) {
  /** Marks our own: they were received here right after the commit, and not again when they come back. */
  const self = crypto.randomUUID()
  const waiting = new Set<string>()
  let timer: Timer | undefined
  let sending: Promise<unknown> = Promise.resolve()

  function flush(): Promise<unknown> {
    clearTimeout(timer)
    timer = undefined
    const due = [...waiting].map((text) => JSON.parse(text) as [string, string])
    waiting.clear()
    if (due.length > 0) {
      const payloads = due.map(([, payload]) => `${self} ${payload}`)
      sending = sending.then(() =>
        send(
          due.map(([channel]) => channel),
          payloads,
        ),
      )
      sending = sending.catch(() => {})
    }
    return sending
  }

  return {
    notify(channel: string, payload: string): void {
      waiting.add(JSON.stringify([channel, payload]))
      timer ??= setTimeout(flush, GATHER_MS)
    },
    /** @returns the payload another instance sent, or null for one of our own. */
    read(text: string): string | null {
      const [from, payload] = text.split(' ', 2)
      return from === self ? null : (payload ?? '')
    },
    /** Sends what waits, and resolves when it is sent. */
    flush,
  }
}
