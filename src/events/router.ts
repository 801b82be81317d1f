import type { AppDirectory } from '../apps/directory'
import type { Identity } from '../payload/event'

export type Router = ReturnType<typeof createRouter>

/** Finds the app that an event on the shared route belongs to. */
export function createRouter({ directory }: { directory: AppDirectory }) {
  return {
    /** The app of the event's organization, else the app with `shared_route`, else the only app, else null. */
    async appOf({ orgId }: Identity): Promise<string | null> {
      const apps = await directory.all()
      const ofOrganization = orgId === null ? [] : apps.filter((app) => app.orgId === orgId)
      const candidates = ofOrganization.length > 0 ? ofOrganization : apps
      if (candidates.length === 1) return candidates[0]!.id
      return candidates.find(({ sharedRoute }) => sharedRoute)?.id ?? null
    },
  }
}
