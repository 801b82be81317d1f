import type { z } from 'zod'
import type { AppService } from '../apps/service'
import type { AppPrincipal } from '../auth/principal'
import type { Clock } from '../lib/clock'
import type { UserLookup } from '../users/lookup'
import { type AnalyticsQuery, type InternalAnalyticsQuery, toAnalytics } from './model'
import type { AnalyticsQueries } from './queries'
import { readRequest } from './read-request'

export type AnalyticsReports = ReturnType<typeof createAnalyticsReports>

/** Reports for clients and operators. */
export function createAnalyticsReports(deps: {
  queries: AnalyticsQueries
  users: { lookup: UserLookup }
  apps: Pick<AppService, 'requireApp'>
  allAppIds(): Promise<string[]>
  clock: Clock
}) {
  const { queries, users, apps, allAppIds, clock } = deps

  async function report(appIds: string[], query: z.infer<typeof AnalyticsQuery>, dialpadUserIds?: number[]) {
    const request = readRequest(query, clock())
    const rows = await queries.figures({
      appIds,
      from: request.from,
      to: request.to,
      interval: request.interval,
      timeZone: request.time_zone,
      groupBy: request.group_by,
      dialpadUserIds,
    })
    return toAnalytics(request, rows, request.group_by === 'user' ? await crmUsers(appIds, rows) : new Map())
  }

  async function crmUsers(appIds: string[], rows: { key: string }[]): Promise<Map<number, string>> {
    const ids = [...new Set(rows.filter(({ key }) => key !== '').map(({ key }) => Number(key)))]
    const found = await Promise.all(appIds.map((appId) => users.lookup.crmUserIds(appId, ids)))
    return new Map(found.flatMap((map) => [...map]))
  }

  return {
    /** Returns an app's figures, or one user's if the principal is limited to a CRM user. */
    ofApp: async (principal: AppPrincipal, query: z.infer<typeof AnalyticsQuery>) =>
      report([principal.appId], query, await users.lookup.narrow(principal, {})),

    /** @throws DomainError app_not_found. */
    async ofServer({ app_id, ...query }: z.infer<typeof InternalAnalyticsQuery>) {
      if (app_id !== undefined) await apps.requireApp(app_id)
      return report(app_id === undefined ? await allAppIds() : [app_id], query)
    },
  }
}
