import { and, eq } from 'drizzle-orm'
import type { Database, Queries, Transaction } from '../db/database'
import type { Tables } from '../db/tables'

export type AgentStatusRow = Tables['agentStatuses']['$inferSelect']
export type AgentStatusStore = ReturnType<typeof createAgentStatusStore>

/** The last status that Dialpad gave of each agent. */
export function createAgentStatusStore({ tables: { agentStatuses }, isAnyOf }: Database) {
  const find = async (q: Queries, appId: string, dialpadUserIds: number[]): Promise<AgentStatusRow[]> =>
    q
      .select()
      .from(agentStatuses)
      .where(and(eq(agentStatuses.appId, appId), isAnyOf(agentStatuses.dialpadUserId, dialpadUserIds)))
  return {
    find,
    /** Keeps the newest of each agent, whatever the order they come in. The app's row is locked. */
    async save(tx: Transaction, appId: string, statuses: Omit<AgentStatusRow, 'appId'>[]): Promise<void> {
      if (statuses.length === 0) return
      const ids = [...new Set(statuses.map(({ dialpadUserId }) => dialpadUserId))]
      const newest = new Map((await find(tx, appId, ids)).map((row) => [row.dialpadUserId, row]))
      for (const status of statuses) {
        const known = newest.get(status.dialpadUserId)
        if (!known || status.at >= known.at) newest.set(status.dialpadUserId, { ...status, appId })
      }
      await tx.insertMany(agentStatuses, [...newest.values()], { update: ['appId', 'dialpadUserId'] }, 'dialpadUserId')
    },
  }
}
