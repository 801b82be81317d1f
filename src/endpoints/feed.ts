import type { StreamRow } from '../stream/store'

/** Number of recent entries kept in memory for endpoints that are slightly behind. */
const REMEMBERED = 200
const PAGE = 500

/** An endpoint that follows its app's feed. */
export interface Follower {
  /** Every entry up to this seq is done. */
  cursor: number
  /** No delivery is in progress, and `cursor` equals the feed's position. */
  idle: boolean
  wants(entry: StreamRow): boolean
  /** Called if the follower is idle and an entry matches its filter. */
  start(): void
}

export type Feed = ReturnType<typeof createFeed>

/**
 * An app's new entries, read once for all of its endpoints. An idle follower moves with the feed's position. A busy
 * one moves by itself and reads older entries from the database.
 * @param position the newest seq when the feed starts.
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
    /** Reads new entries and starts the followers with work. Resolves when everything committed so far is read. */
    pump(): Promise<void> {
      again = true
      pumping ??= pump().finally(() => {
        pumping = null
        again = false
      })
      return pumping
    },
    /** Returns the entries after a seq from memory, or null if some are no longer there. */
    recentAfter(seq: number): StreamRow[] | null {
      const [first] = recent
      if (!first || first.seq > seq + 1) return null
      return recent.filter((entry) => entry.seq > seq)
    },
  }
}
