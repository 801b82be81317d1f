import type { StreamRow } from '../stream/store'

/** How many recent entries are remembered for endpoints that are a little behind. */
const REMEMBERED = 200
const PAGE = 500

/** One endpoint, as the feed of its app sees it. */
export interface Follower {
  /** Everything up to here is done. */
  cursor: number
  /** Nothing is under way, and `cursor` stands at the feed's position. */
  idle: boolean
  wants(entry: StreamRow): boolean
  /** Called when it is idle and there is an entry it wants. */
  start(): void
}

export type Feed = ReturnType<typeof createFeed>

/**
 * An app's new entries, read once for all of its endpoints. An idle follower stands at the feed's position; one with work
 * to do goes its own way, and reads what is no longer remembered from the database.
 * @param position where the feed begins: the newest seq at that time.
 */
export function createFeed(position: number, read: (after: number, limit: number) => Promise<StreamRow[]>) {
  const followers = new Set<Follower>()
  let recent: StreamRow[] = []
  let pumping: Promise<void> | null = null
  let again = false

  async function pump(): Promise<void> {
    let full = true
    while (full || again) {
      again = false
      const entries = await read(position, PAGE)
      full = entries.length === PAGE
      if (entries.length > 0) dispatch(entries)
    }
  }

  function dispatch(entries: StreamRow[]): void {
    position = entries.at(-1)?.seq ?? position
    recent = [...recent, ...entries].slice(-REMEMBERED)
    let busy = false
    for (const follower of followers) {
      if (follower.idle) {
        if (entries.some((entry) => entry.seq > follower.cursor && follower.wants(entry))) follower.start()
        else follower.cursor = Math.max(follower.cursor, position)
      }
      busy ||= !follower.idle
    }
    if (!busy) recent = []
  }

  return {
    followers,
    position: () => position,
    /** Reads on and starts whoever has something to do. @returns resolves when everything committed so far is read. */
    pump(): Promise<void> {
      again = true
      pumping ??= pump().finally(() => {
        pumping = null
        again = false
      })
      return pumping
    },
    /** The remembered entries after a seq, or null when not all of them are remembered. */
    recentAfter(seq: number): StreamRow[] | null {
      const [first] = recent
      if (!first || first.seq > seq + 1) return null
      return recent.filter((entry) => entry.seq > seq)
    },
  }
}
