import type { Position } from '../lib/cursor'

/** A search on SQLite keeps everything else waiting for so long at a time, and then lets it go first. */
const TURN_MS = 8
const [FEWEST_ROWS, MOST_ROWS] = [250, 20_000]
/** A request searches for so long, then it answers with what it found. */
const SEARCH_MS = 1000

/** A part of a list in its order: behind `after`, up to and with `end`; without it, from the beginning or to the last row. */
export interface Section {
  after: Position | null
  end: Position | null
}

/** What a search needs of a list. */
export interface SearchedList<Row> {
  /** The position of the row that is `rows` rows behind; null if there are not so many. */
  skip(after: Position | null, rows: number): Promise<Position | null>
  /** The rows of a section that match. */
  match(section: Section, limit: number): Promise<Row[]>
  countMatches(section: Section): Promise<number>
}

export type TextSearch = ReturnType<typeof createTextSearch>

/**
 * Finds text in rows that no index finds. It goes through the list in its order, a section at a time, and ends when a
 * page is full or the time is up. All searches together have one turn at a time.
 */
export function createTextSearch({ searchMs = SEARCH_MS, fewestRows = FEWEST_ROWS } = {}) {
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => {}).then(() => new Promise((resume) => setImmediate(resume)))
    return result
  }

  /** @param work returns whether to go on. @returns where it stopped because the time was up, else null. */
  async function walk<Row>(
    { skip }: SearchedList<Row>,
    from: Position | null,
    work: (section: Section) => Promise<boolean>,
  ): Promise<Position | null> {
    const startedAt = performance.now()
    let after = from
    for (let rows = fewestRows; ; ) {
      const { end, goesOn, tookMs } = await inTurn(async () => {
        const beganAt = performance.now()
        const end = await skip(after, rows)
        const goesOn = await work({ after, end })
        return { end, goesOn, tookMs: performance.now() - beganAt }
      })
      if (!goesOn || end === null) return null
      if (performance.now() - startedAt >= searchMs) return end
      after = end
      rows = Math.round(Math.min(Math.max((rows * TURN_MS) / Math.max(tookMs, 1), fewestRows), MOST_ROWS))
    }
  }

  return {
    /** @returns the rows, and where the search stopped if it did so before the limit and the end of the list. */
    async find<Row>(list: SearchedList<Row>, limit: number, after: Position | null) {
      const rows: Row[] = []
      const stoppedAt = await walk(list, after, async (section) => {
        rows.push(...(await list.match(section, limit - rows.length)))
        return rows.length < limit
      })
      return { rows, stoppedAt }
    },
    /** Counts matches until the time is up. */
    async count<Row>(list: SearchedList<Row>, mostMatches: number): Promise<{ count: number; isCapped: boolean }> {
      let count = 0
      const stoppedAt = await walk(list, null, async (section) => {
        count += await list.countMatches(section)
        return count <= mostMatches
      })
      return { count: Math.min(count, mostMatches), isCapped: stoppedAt !== null || count > mostMatches }
    },
  }
}
