import { getLogger } from '@logtape/logtape'
import type { AppDirectory } from '../apps/directory'
import type { AppRow } from '../apps/store'
import type { Database } from '../db/database'
import type { Warning } from '../observability/warnings'
import { type AccountId, accountIdsOf } from '../payload/account-ids'
import type { Identity } from '../payload/event'
import type { RouteHintStore } from './route-hint-store'
import type { RouteHints } from './route-hints'

const log = getLogger(['cti', 'events'])

/** How many of the newest events are looked at to see whether the shared route is used. */
const NEWEST = 1000

export type Router = ReturnType<typeof createRouter>

/** Finds the app that an event belongs to, and learns from every event whose app is certain. */
export function createRouter(deps: {
  database: Database
  directory: AppDirectory
  hints: RouteHints
  store: RouteHintStore
}) {
  const { database, directory, hints, store } = deps

  /** The app that alone may have sent the event, whatever is known of the others. */
  function certain(apps: AppRow[], orgId: number | null): AppRow | null {
    const ofOrganization = orgId === null ? [] : apps.filter((app) => app.orgId === orgId)
    const [app = null, ...others] = apps.length === 1 ? apps : ofOrganization
    return others.length === 0 ? app : null
  }

  /** Apps that the event's organization does not rule out. */
  function possible(apps: AppRow[], orgId: number | null): AppRow[] {
    if (orgId === null) return apps
    const ofOrganization = apps.filter((app) => app.orgId === orgId)
    return ofOrganization.length > 0 ? ofOrganization : apps.filter((app) => app.orgId === null)
  }

  /** What is known of an event that several apps may have sent. */
  async function weigh(apps: AppRow[], orgId: number | null, ids: readonly AccountId[]) {
    const fitting = await hints.appsOf(ids, new Set(apps.map(({ id }) => id)))
    const fit = possible(apps, orgId).filter(({ id }) => fitting === null || fitting.has(id))
    const isOnly = fitting !== null && fit.length === 1
    return { fit, isOnly, chosen: (isOnly ? fit[0] : fit.find(({ sharedRoute }) => sharedRoute))?.id ?? null }
  }

  return {
    /**
     * The app of an event on the shared route: the one of its organization, else the only app, else the one app whose
     * Dialpad account has the ids in the event, else the app that keeps the shared route, unless what is known speaks
     * against it; else null.
     */
    async appOf({ orgId }: Pick<Identity, 'orgId'>, payload: unknown): Promise<string | null> {
      const apps = await directory.all()
      const ids = accountIdsOf(payload)
      const one = certain(apps, orgId)
      if (one) {
        if (log.isEnabledFor('debug'))
          log.debug('the event belongs to app {appId}: no other can have sent it', { appId: one.id })
        hints.learn(one.id, ids)
        return one.id
      }
      const { fit, isOnly, chosen } = await weigh(apps, orgId, ids)
      if (log.isEnabledFor('debug'))
        log.debug('the event goes to app {appId}, {why}; {possible} apps were possible', {
          appId: chosen,
          why: isOnly ? 'the only one whose Dialpad account fits' : chosen ? 'which has the shared route' : 'none fits',
          possible: fit.length,
        })
      return chosen
    },

    /**
     * Whose a call is that Dialpad lists for a company of several apps: the app's own, or another's; unknown where an event
     * on the shared route would be unrouted. @param direct apps to which Dialpad delivers its events without the shared route.
     */
    async ownerOf(appId: string, call: unknown, direct: ReadonlySet<string>): Promise<'own' | 'other' | 'unknown'> {
      const apps = await directory.all()
      if (apps.length === 1) return 'own'
      const { fit, chosen } = await weigh(apps, null, accountIdsOf(call))
      const fitting = new Set(fit.map(({ id }) => id))
      const receiving = fitting.intersection(direct)
      if (chosen === appId || receiving.has(appId)) return 'own'
      return chosen === null && receiving.size === 0 && fitting.has(appId) ? 'unknown' : 'other'
    },

    /** An event of this app came in by a way that no other app's takes. */
    learn: (appId: string, payload: unknown): void => hints.learn(appId, accountIdsOf(payload)),

    /** Warns of apps whose events on the shared route nothing tells from those of the others. */
    async warnings(): Promise<Warning[]> {
      const apps = await directory.all()
      if (apps.length < 2 || apps.some(({ sharedRoute }) => sharedRoute)) return []
      const known = await hints.knownApps()
      const unknown = apps.filter(({ id }) => !known.has(id)).map(({ id }) => id)
      const [first] = unknown
      if (first === undefined || !(await store.isSharedRouteUsed(database.queries, NEWEST))) return []
      const which = unknown.length === 1 ? `app ${first}` : `${unknown.length} of ${apps.length} apps`
      return [
        {
          code: 'shared_route_ambiguous',
          message: `Events arrive on the shared route, and nothing is known of the Dialpad account of ${which}: events that fit no app wait unrouted.`,
          action:
            'Keep the shared route for one app with PATCH /internal/apps/:app_id {"shared_route": true}; connect the others to Dialpad or create a webhook of their own for them.',
          ...(unknown.length === 1 ? { subject: first } : {}),
        },
      ]
    },
  }
}
