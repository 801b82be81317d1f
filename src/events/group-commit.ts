/**
 * Writes that arrive at nearly the same time share one commit: one fsync for many, and each is answered only after its
 * own commit. Each request arrives in a turn of the event loop of its own, so a group gathers over a whole turn.
 */

const MAX_GROUP = 256
/** Beyond this many waiting writes the server cannot keep up: it says so rather than let memory grow. */
const MAX_WAITING = 20_000

export class GroupFull extends Error {}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * @param commit writes all items in one commit and gives each its result, in order.
 * @param options.parallel commits under way at once. @param options.failsWhole tells errors that are of no one item.
 */
export function createGroupCommit<Item, Result>(
  commit: (items: Item[]) => Promise<Result[]>,
  { parallel = 1, failsWhole = () => false }: { parallel?: number; failsWhole?: (error: unknown) => boolean } = {},
) {
  let waiting: Waiting<Item, Result>[] = []
  let committing = 0
  let scheduled = false
  let idle = Promise.withResolvers<void>()

  async function settle(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
    } catch (error) {
      if (group.length === 1 || failsWhole(error)) for (const { reject } of group) reject(error)
      // One write that the database refuses must not fail its neighbors.
      else for (const one of group) await settle([one])
    }
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0 || committing >= parallel) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      const group = waiting.slice(0, MAX_GROUP)
      waiting = waiting.slice(MAX_GROUP)
      committing++
      void settle(group).finally(() => {
        committing--
        if (committing === 0 && waiting.length === 0) idle.resolve()
        schedule()
      })
      schedule()
    })
  }

  return {
    /** Resolves once the item is committed. @throws GroupFull, or why the commit failed. */
    add(item: Item): Promise<Result> {
      if (waiting.length >= MAX_WAITING) return Promise.reject(new GroupFull('too many writes are waiting'))
      return new Promise((resolve, reject) => {
        if (waiting.length === 0 && committing === 0) idle = Promise.withResolvers()
        waiting.push({ item, resolve, reject })
        schedule()
      })
    },
    /** Writes that wait for a commit or are in one. */
    isBusy: (): boolean => waiting.length > 0 || committing > 0,
    /** Resolves when nothing waits any more. */
    idle: async (): Promise<void> => {
      while (waiting.length > 0 || committing > 0) await idle.promise
    },
  }
}
