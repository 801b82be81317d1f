import type { UserLookup } from '../../users/lookup'
import type { DialpadApi, DialpadUser } from '../client/api'

export interface CrmUser {
  crm_user_id: string
  email: string
}

export interface MappableUser extends DialpadUser {
  crmUserId: string | null
  /** The given CRM user with the same email address. Null if the Dialpad user is already mapped. */
  suggestion: string | null
}

export type DialpadUserService = ReturnType<typeof createDialpadUserService>

/** Lists Dialpad users for mapping. */
export function createDialpadUserService(deps: {
  api: DialpadApi
  requireApp(appId: string): Promise<unknown>
  users: { lookup: Pick<UserLookup, 'crmUserIds'> }
}) {
  return {
    /** @param crmUsers users to suggest. Suggests a user only if its email address is unique. */
    async list(appId: string, crmUsers: CrmUser[] = []): Promise<MappableUser[]> {
      await deps.requireApp(appId)
      const users = await deps.api.users(appId)
      const mapped = await deps.users.lookup.crmUserIds(
        appId,
        users.map(({ id }) => id),
      )
      const byEmail = Map.groupBy(crmUsers, ({ email }) => normal(email))
      return users.map((user) => {
        const crmUserId = mapped.get(user.id) ?? null
        const found = new Set(
          user.emails.flatMap((email) => byEmail.get(normal(email)) ?? []).map(({ crm_user_id }) => crm_user_id),
        )
        const [only = null, ...others] = found
        const suggestion = crmUserId === null && others.length === 0 ? only : null
        return { ...user, crmUserId, suggestion }
      })
    },
  }
}

const normal = (email: string) => email.trim().toLowerCase()
