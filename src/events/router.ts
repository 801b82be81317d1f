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

/** Number of newest events to check for use of the shared route. */
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

  /** The only app that the event can belong to: the only app, or the only app of its organization. Null if there are several. */
  function certain(apps: AppRow[], orgId: number | null): AppRow | null {
    const ofOrganization = orgId === null ? [] : apps.filter((app) => app.orgId === orgId)
    const [app = null, ...others] = apps.length === 1 ? apps : ofOrganization
    return others.length === 0 ? app : null
  }

  /** The apps that the event's organization does not exclude. */
  function possible(apps: AppRow[], orgId: number | null): AppRow[] {
    if (orgId === null) return apps
    const ofOrganization = apps.filter((app) => app.orgId === orgId)
    return ofOrganization.length > 0 ? ofOrganization : apps.filter((app) => app.orgId === null)
  }

  /** The apps that an event or call may belong to, and the chosen one. */
  async function weigh(apps: AppRow[], orgId: number | null, ids: readonly AccountId[]) {
    const fitting = await hints.appsOf(ids, new Set(apps.map(({ id }) => id)))
    const fit = possible(apps, orgId).filter(({ id }) => fitting === null || fitting.has(id))
    const isOnly = fitting !== null && fit.length === 1
    return { fit, isOnly, chosen: (isOnly ? fit[0] : fit.find(({ sharedRoute }) => sharedRoute))?.id ?? null }
  }

  return {
    /**
     * Finds the app of an event on the shared route: the app of its organization, else the only app, else the only app whose
     * Dialpad account has the ids in the event, else the app with the shared route, unless the ids belong to others.
     * @returns the app id, or null if no app fits.
     */
    async appOf({ orgId }: Pick<Identity, 'orgId'>, payload: unknown): Promise<string | null> {
      const apps = await directory.all()
      const ids = accountIdsOf(payload)
      const one = certain(apps, orgId)
      if (one) {
        if (log.isEnabledFor('debug'))
          log.debug('the event belongs to app {appId}, the only possible app', { appId: one.id })
        hints.learn(one.id, ids)
        return one.id
      }
      const { fit, isOnly, chosen } = await weigh(apps, orgId, ids)
      if (log.isEnabledFor('debug'))
        log.debug('the event is routed to app {appId}, {why}; {possible} apps were possible', {
          appId: chosen,
          why: isOnly ? 'the only one whose Dialpad account fits' : chosen ? 'which has the shared route' : 'none fits',
          possible: fit.length,
        })
      return chosen
    },

    /**
     * Finds out whether a call that Dialpad lists belongs to the app, when several apps share the company. It is unknown
     * if an event of the call on the shared route would be unrouted.
     * @param direct the apps that receive their events on a webhook of their own.
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

    /** Learns account ids from an event that certainly belongs to the app, such as one on its own webhook. */
    learn: (appId: string, payload: unknown): void => hints.learn(appId, accountIdsOf(payload)),

    /** Warns about apps whose events on the shared route cannot be distinguished from those of other apps. */
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
          message: `Events arrive on the shared route, but no id of the Dialpad account of ${which} is known. Events that match no app remain unrouted.`,
          action:
            'Assign the shared route to one app with PATCH /internal/apps/:app_id {"shared_route": true}. Connect the other apps to Dialpad, or create a webhook for each.',
          ...(unknown.length === 1 ? { subject: first } : {}),
        },
      ]
    },
  }
}
