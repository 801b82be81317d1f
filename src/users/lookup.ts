import type { AppPrincipal } from '../auth/principal'
import type { Database, Queries } from '../db/database'
import type { UserStore } from './store'

/** A row that may belong to a Dialpad user. */
interface OfDialpadUser {
  dialpadUserId: number | null
}

export type UserLookup = ReturnType<typeof createUserLookup>

/** Who a Dialpad user is in the app's own software. */
export function createUserLookup(deps: { database: Database; store: UserStore }) {
  const { database, store } = deps
  const q = database.queries

  return {
    /** The Dialpad users a CRM user is mapped to. */
    dialpadUserIds: (appId: string, crmUserId: string) => store.dialpadUserIds(q, appId, crmUserId),

    /** The CRM users of Dialpad users, by their id, where they are mapped. */
    crmUserIds: (appId: string, dialpadUserIds: number[]) => store.crmUserIds(q, appId, dialpadUserIds),

    /** Looks up the CRM users of many rows at once. @returns the lookup of each row's, null where it has none. */
    async find(handle: Queries, appId: string, rows: OfDialpadUser[]): Promise<(row: OfDialpadUser) => string | null> {
      const ids = new Set(rows.map(({ dialpadUserId }) => dialpadUserId).filter((id) => id !== null))
      const found = await store.crmUserIds(handle, appId, [...ids])
      return ({ dialpadUserId }) => (dialpadUserId === null ? null : (found.get(dialpadUserId) ?? null))
    },

    /**
     * The Dialpad users a query is limited to, by its filters and by whose data the principal may see.
     * @returns undefined for no limit; an empty list matches nothing.
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

    /** Whether the principal may see what belongs to a Dialpad user. */
    async maySee(principal: AppPrincipal, dialpadUserId: number | null): Promise<boolean> {
      if (principal.userId === null) return true
      if (dialpadUserId === null) return false
      return (await store.dialpadUserIds(q, principal.appId, principal.userId)).includes(dialpadUserId)
    },
  }
}
