/**
 * Writes that arrive at nearly the same time share one commit, so many writes cost one fsync. Each write resolves after
 * its commit. Each request arrives in its own turn of the event loop, so a group collects writes for a full turn.
 */

const MAX_GROUP = 256
/** With more waiting writes than this the server refuses new ones instead of using more memory. */
const MAX_WAITING = 20_000

export class GroupFull extends Error {}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * @param commit writes all items in one commit and returns one result per item, in order.
 * @param options.parallel maximum concurrent commits. @param options.failsWhole whether an error concerns the whole group.
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
      // biome-ignore lint/style/noNonNullAssertion: commit returns a result for each item
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
    } catch (error) {
      if (group.length === 1 || failsWhole(error)) for (const { reject } of group) reject(error)
      // If the database refuses one write, the others in the group must still succeed.
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
    /** Resolves once the item is committed. @throws GroupFull, or the error of the commit. */
    add(item: Item): Promise<Result> {
      if (waiting.length >= MAX_WAITING) return Promise.reject(new GroupFull('too many writes are waiting'))
      return new Promise((resolve, reject) => {
        if (waiting.length === 0 && committing === 0) idle = Promise.withResolvers()
        waiting.push({ item, resolve, reject })
        schedule()
      })
    },
    /** Resolves when no write is waiting or being committed. */
    idle: async (): Promise<void> => {
      while (waiting.length > 0 || committing > 0) await idle.promise
    },
  }
}
