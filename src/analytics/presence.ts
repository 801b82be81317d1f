import type { AppPrincipal } from '../auth/principal'
import type { CallQueries } from '../calls/queries'
import type { Database } from '../db/database'
import type { CallStatus } from '../lib/call-status'
import type { AgentStatusRow, UserStore } from '../users/store'

/** A mapped user with the last status and the calls in progress. */
export interface UserPresence {
  dialpadUserId: number
  userId: string
  status: AgentStatusRow | null
  /** Calls that are ringing, active or on hold. */
  calls: { id: string; status: CallStatus }[]
}

/** Maximum users per response. */
const MAX_USERS = 10_000

export type PresenceQueries = ReturnType<typeof createPresenceQueries>

export function createPresenceQueries(deps: {
  database: Database
  users: { store: UserStore }
  calls: { queries: CallQueries }
}) {
  const { database, users, calls } = deps
  const q = database.queries

  return {
    /** Returns every mapped user, or only the principal's CRM user if it is limited to one. */
    async list(principal: AppPrincipal): Promise<UserPresence[]> {
      const all = await users.store.page(q, principal.appId, MAX_USERS, null, 0)
      const mapped = all.filter(({ crmUserId }) => principal.userId === null || crmUserId === principal.userId)
      const ids = mapped.map(({ dialpadUserId }) => dialpadUserId)
      const found = await users.store.statuses(q, principal.appId, ids)
      const statusOf = new Map(found.map((row) => [row.dialpadUserId, row]))
      const callsOf = Map.groupBy(await calls.queries.active(principal), (call) => call.dialpad_user_id)
      return mapped.map(({ dialpadUserId, crmUserId }) => ({
        dialpadUserId,
        userId: crmUserId,
        status: statusOf.get(dialpadUserId) ?? null,
        calls: (callsOf.get(dialpadUserId) ?? []).map(({ id, status }) => ({ id, status })),
      }))
    },
  }
}
