import type { Clock } from '../../lib/clock'
import { matchesSearch, searchTextOf } from '../../lib/search-text'
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

/** Which users to list. */
export interface UserFilter {
  /** Part of a name, an id, a number or an email address. */
  q?: string | undefined
  mapped?: boolean | undefined
}

/** Dialpad has no search, so it sends all users of an account. Searches and later pages use the same response for this time. */
const CACHE_MS = 30_000
const MAX_CACHED = 50

export type DialpadUserService = ReturnType<typeof createDialpadUserService>

/** Lists Dialpad users for mapping. */
export function createDialpadUserService(deps: {
  api: DialpadApi
  apps: { requireApp(appId: string): Promise<unknown> }
  users: { lookup: Pick<UserLookup, 'crmUserIds'> }
  clock: Clock
}) {
  const cached = new Map<string, { users: DialpadUser[]; until: number }>()

  async function usersOf(appId: string, mayBeCached: boolean): Promise<DialpadUser[]> {
    const known = cached.get(appId)
    if (mayBeCached && known && known.until > deps.clock()) return known.users
    const users = await deps.api.users(appId)
    cached.delete(appId)
    // biome-ignore lint/style/noNonNullAssertion: the map is full, so it has a first key
    if (cached.size >= MAX_CACHED) cached.delete(cached.keys().next().value!)
    cached.set(appId, { users, until: deps.clock() + CACHE_MS })
    return users
  }

  return {
    /** Lists users that match the filter. @param isLaterPage whether a response of the last seconds is sufficient. */
    async find(appId: string, { q, mapped }: UserFilter, isLaterPage: boolean): Promise<MappableUser[]> {
      const users = await list(appId, [], isLaterPage || q !== undefined)
      return users.filter(
        (user) =>
          (mapped === undefined || (user.crmUserId !== null) === mapped) &&
          (q === undefined || matchesSearch(q, searchTextOf(partsOf(user)))),
      )
    },
    list: (appId: string, crmUsers: CrmUser[] = []): Promise<MappableUser[]> => list(appId, crmUsers, false),
  }

  /** @param crmUsers users to suggest. Suggests a user only if its email address is unique. */
  async function list(appId: string, crmUsers: CrmUser[], mayBeCached: boolean): Promise<MappableUser[]> {
    await deps.apps.requireApp(appId)
    const users = await usersOf(appId, mayBeCached)
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
  }
}

const partsOf = ({ id, name, emails, phoneNumbers, crmUserId }: MappableUser) => [
  name,
  String(id),
  crmUserId,
  ...emails,
  ...phoneNumbers,
]

const normal = (email: string) => email.trim().toLowerCase()
