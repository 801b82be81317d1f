/** Notifications are sent in batches at this interval, because NOTIFY serializes commits. */
const GATHER_MS = 2

/**
 * Sends notifications after their transaction has committed, each payload once per channel.
 * Receivers recover from a lost notification with their own sweeps.
 */
export function createNotifier(send: (channels: string[], payloads: string[]) => PromiseLike<unknown>) {
  /** Marks notifications of this instance: it delivered them locally after the commit and ignores them when they return. */
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
    /** @returns the payload of another instance, or null for a notification of this instance. */
    read(text: string): string | null {
      const [from, payload] = text.split(' ', 2)
      return from === self ? null : (payload ?? '')
    },
    /** Sends waiting notifications and resolves when they are sent. */
    flush,
  }
}
