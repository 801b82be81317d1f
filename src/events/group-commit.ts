/**
 * Writes that arrive while one commit is under way share the next: one fsync for many, and each is answered only after
 * its own commit.
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

/** @param commit writes all items in one commit and gives each its result, in order. */
export function createGroupCommit<Item, Result>(commit: (items: Item[]) => Promise<Result[]>) {
  let waiting: Waiting<Item, Result>[] = []
  let committing: Promise<void> | null = null

  async function settle(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
    } catch (error) {
      // One write that the database refuses must not fail its neighbours.
      if (group.length === 1) group[0]!.reject(error)
      else for (const one of group) await settle([one])
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MAX_GROUP)
      waiting = waiting.slice(MAX_GROUP)
      await settle(group)
    }
    committing = null
  }

  return {
    /** Resolves once the item is committed. @throws GroupFull, or why the commit failed. */
    add(item: Item): Promise<Result> {
      if (waiting.length >= MAX_WAITING) return Promise.reject(new GroupFull('too many writes are waiting'))
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        committing ??= Promise.resolve().then(drain)
      })
    },
    /** Resolves when nothing waits any more. */
    idle: async (): Promise<void> => {
      while (committing) await committing
    },
  }
}
