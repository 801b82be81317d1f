import type { DialpadApi, DialpadUser } from '../client/api'

export interface CrmUser {
  crm_user_id: string
  email: string
}

export interface MappableUser extends DialpadUser {
  crmUserId: string | null
  /** Of the CRM users that were given, the one with the same e-mail address; null when mapped already. */
  suggestion: string | null
}

export type DialpadUserService = ReturnType<typeof createDialpadUserService>

/** Dialpad's users as an administrator maps them. */
export function createDialpadUserService(deps: {
  api: DialpadApi
  requireApp(appId: string): Promise<unknown>
  /** CRM users by Dialpad user, where mapped. */
  mapped(appId: string, dialpadUserIds: number[]): Promise<Map<number, string>>
}) {
  return {
    /** @param crmUsers whom to suggest; a suggestion is made only where one e-mail address leads to one user. */
    async list(appId: string, crmUsers: CrmUser[] = []): Promise<MappableUser[]> {
      await deps.requireApp(appId)
      const users = await deps.api.users(appId)
      const mapped = await deps.mapped(
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
