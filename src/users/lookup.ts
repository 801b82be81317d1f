import type { AppPrincipal } from '../auth/principal'
import type { Database, Queries } from '../db/database'
import type { UserStore } from './store'

/** A row with an optional Dialpad user. */
interface OfDialpadUser {
  dialpadUserId: number | null
}

export type UserLookup = ReturnType<typeof createUserLookup>

/** Looks up the CRM users of Dialpad users. */
export function createUserLookup(deps: { database: Database; store: UserStore }) {
  const { database, store } = deps
  const q = database.queries

  return {
    /** Returns the Dialpad users of a CRM user. */
    dialpadUserIds: (appId: string, crmUserId: string) => store.dialpadUserIds(q, appId, crmUserId),

    /** Returns the CRM users of mapped Dialpad users, by Dialpad user id. */
    crmUserIds: (appId: string, dialpadUserIds: number[]) => store.crmUserIds(q, appId, dialpadUserIds),

    /** Looks up the CRM users of many rows at once. @returns a function from a row to its CRM user or null. */
    async find(handle: Queries, appId: string, rows: OfDialpadUser[]): Promise<(row: OfDialpadUser) => string | null> {
      const ids = new Set(rows.map(({ dialpadUserId }) => dialpadUserId).filter((id) => id !== null))
      const found = await store.crmUserIds(handle, appId, [...ids])
      return ({ dialpadUserId }) => (dialpadUserId === null ? null : (found.get(dialpadUserId) ?? null))
    },

    /**
     * The Dialpad users a query is limited to, by its filters and by the permissions of the principal.
     * @returns undefined for no limit. An empty list matches nothing.
     */
    async narrow(
      principal: AppPrincipal,
      filter: { user_id?: string | undefined; dialpad_user_id?: number | undefined },
    ): Promise<number[] | undefined> {
      let ids = filter.dialpad_user_id === undefined ? undefined : [filter.dialpad_user_id]
      for (const crmUserId of [filter.user_id, principal.userId])
        if (crmUserId !== undefined && crmUserId !== null) {
          const ofUser = await store.dialpadUserIds(q, principal.appId, crmUserId)
          ids = ids?.filter((id) => ofUser.includes(id)) ?? ofUser
        }
      return ids
    },

    /** Whether the principal may see the data of a Dialpad user. */
    async maySee(principal: AppPrincipal, dialpadUserId: number | null): Promise<boolean> {
      if (principal.userId === null) return true
      if (dialpadUserId === null) return false
      return (await store.dialpadUserIds(q, principal.appId, principal.userId)).includes(dialpadUserId)
    },
  }
}
