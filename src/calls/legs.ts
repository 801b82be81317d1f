/**
 * Joins calls (legs) into conversations. Legs share no common id, so all call ids in one event form a set
 * (union-find). If a later event contains legs of two conversations, they are merged.
 */
export function createLegIndex(links: Map<number, string>, makeId: () => string) {
  const fresh = new Map<number, string>()
  /** Conversation → the one it was merged into. */
  const mergedInto = new Map<string, string>()

  const resolve = (conversationId: string): string => {
    const next = mergedInto.get(conversationId)
    return next ? resolve(next) : conversationId
  }
  const find = (callId: number): string | undefined => {
    const found = fresh.get(callId) ?? links.get(callId)
    return found && resolve(found)
  }

  return {
    /** Puts the calls into one conversation. The oldest conversation keeps its id. */
    join(callIds: number[]): void {
      const known = [...new Set(callIds.map(find).filter((found) => found !== undefined))].sort()
      const kept = known[0] ?? makeId()
      for (const other of known.slice(1)) mergedInto.set(other, kept)
      for (const callId of callIds) if (!find(callId)) fresh.set(callId, kept)
    },
    // biome-ignore lint/style/noNonNullAssertion: every call of a batch was joined before it is asked for
    conversationOf: (callId: number): string => find(callId)!,
    resolve,
    /** The changes to store: new links, and conversations that were merged into others. */
    changes: () => ({
      links: [...fresh].map(([dialpadCallId, conversationId]) => ({
        dialpadCallId,
        conversationId: resolve(conversationId),
      })),
      merges: [...mergedInto.keys()].map((from) => ({ from, into: resolve(from) })),
    }),
  }
}
