/**
 * Joins calls (legs) into conversations. No id is on all legs of one, so whatever ids an event names together are one
 * set (union-find); two conversations already made become one when a later event names legs of both.
 */
export function createLegIndex(links: Map<number, string>, makeId: () => string) {
  const fresh = new Map<number, string>()
  /** Conversation → the one it went into. */
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
    /** Makes the calls one conversation; the oldest conversation keeps its id. */
    join(callIds: number[]): void {
      const known = [...new Set(callIds.map(find).filter((found) => found !== undefined))].sort()
      const kept = known[0] ?? makeId()
      for (const other of known.slice(1)) mergedInto.set(other, kept)
      for (const callId of callIds) if (!find(callId)) fresh.set(callId, kept)
    },
    conversationOf: (callId: number): string => find(callId)!,
    resolve,
    /** What has to be stored: links not stored before, and conversations that went into another. */
    changes: () => ({
      links: [...fresh].map(([dialpadCallId, conversationId]) => ({
        dialpadCallId,
        conversationId: resolve(conversationId),
      })),
      merges: [...mergedInto.keys()].map((from) => ({ from, into: resolve(from) })),
    }),
  }
}
