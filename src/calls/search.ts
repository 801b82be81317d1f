import type { Position } from '../lib/cursor'

/** Target duration of one section. SQLite blocks the event loop during a section, and other work runs between sections. */
const TURN_MS = 8
const [MIN_ROWS, MAX_ROWS] = [250, 20_000]
/** Maximum duration of a search. After it, the response has the rows found so far. */
const SEARCH_MS = 1000

/** A range of rows in the order of a list. */
export interface Section {
  /** The section starts after this position; null for the beginning of the list. */
  after: Position | null
  /** The section ends with this position; null for the end of the list. */
  end: Position | null
}

/** The queries that a search runs on a list. */
export interface SearchedList<Row> {
  /** The position `rows` rows after `after`; null if the list ends before. */
  skip(after: Position | null, rows: number): Promise<Position | null>
  /** The rows of a section that match. */
  match(section: Section, limit: number): Promise<Row[]>
  countMatches(section: Section): Promise<number>
}

export type TextSearch = ReturnType<typeof createTextSearch>

/**
 * Searches text that has no index. Scans the list in order, section by section, until a page is full or the time is up.
 * All searches share one queue, so that only one section runs at a time.
 */
export function createTextSearch({ searchMs = SEARCH_MS, minRows = MIN_ROWS } = {}) {
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => {}).then(() => new Promise((resume) => setImmediate(resume)))
    return result
  }

  /** @param work returns whether to continue. @returns the position where the time was up, else null. */
  async function walk<Row>(
    { skip }: SearchedList<Row>,
    from: Position | null,
    work: (section: Section) => Promise<boolean>,
  ): Promise<Position | null> {
    const startedAt = performance.now()
    let after = from
    for (let rows = minRows; ; ) {
      const { end, continues, tookMs } = await inTurn(async () => {
        const beganAt = performance.now()
        const end = await skip(after, rows)
        const continues = await work({ after, end })
        return { end, continues, tookMs: performance.now() - beganAt }
      })
      if (!continues || end === null) return null
      if (performance.now() - startedAt >= searchMs) return end
      after = end
      rows = Math.round(Math.min(Math.max((rows * TURN_MS) / Math.max(tookMs, 1), minRows), MAX_ROWS))
    }
  }

  return {
    /** @returns the rows, and the position where the search stopped if it reached neither the limit nor the end of the list. */
    async find<Row>(list: SearchedList<Row>, limit: number, after: Position | null) {
      const rows: Row[] = []
      const stoppedAt = await walk(list, after, async (section) => {
        rows.push(...(await list.match(section, limit - rows.length)))
        return rows.length < limit
      })
      return { rows, stoppedAt }
    },
    /** Counts matches until the time is up. */
    async count<Row>(list: SearchedList<Row>, maxMatches: number): Promise<{ count: number; isCapped: boolean }> {
      let count = 0
      const stoppedAt = await walk(list, null, async (section) => {
        count += await list.countMatches(section)
        return count <= maxMatches
      })
      return { count: Math.min(count, maxMatches), isCapped: stoppedAt !== null || count > maxMatches }
    },
  }
}
