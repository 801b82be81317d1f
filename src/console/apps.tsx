import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { admin, read, type Schemas } from './api'
import { here, setParams, usePlace } from './navigation'
import { queryClient } from './queries'
import { Loading, Problem } from './ui'

export type App = Schemas['App']

interface AppChoice {
  apps: App[]
  /** The app whose data the pages show. Null without any app. */
  app: App | null
  choose: (appId: string) => void
  reload: () => Promise<void>
}

const AppsContext = createContext<AppChoice | null>(null)
const CHOSEN = 'cti-console-app'
const MAX_APPS = 1000

export function useApps(): AppChoice {
  const choice = useContext(AppsContext)
  if (choice === null) throw new Error('useApps needs WithApps around it')
  return choice
}

/** Provides the apps and the chosen one. The choice is in the URL, so that a shared link shows the same app. */
export function WithApps({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery({ queryKey: ['apps'], queryFn: loadApps })
  const wanted = usePlace().params.get('app') ?? localStorage.getItem(CHOSEN)
  const app = data?.find(({ app_id }) => app_id === wanted) ?? data?.[0] ?? null
  const id = app?.app_id
  useEffect(() => {
    if (!id) return
    localStorage.setItem(CHOSEN, id)
    setParams({ app: id }, true)
  }, [id])
  if (!data) return error ? <Problem error={error} retry={() => void refetch()} /> : <Loading />
  const reload = () => queryClient.invalidateQueries({ queryKey: ['apps'] })
  return <AppsContext value={{ apps: data, app, choose, reload }}>{children}</AppsContext>
}

/** Switches to another app on the same page, without the filters and list positions of the previous app. */
function choose(appId: string): void {
  setParams({ ...Object.fromEntries([...here().params.keys()].map((name) => [name, ''])), app: appId })
}

/** Loads all apps, because a server has few. */
async function loadApps(): Promise<App[]> {
  const apps: App[] = []
  let cursor: string | null = null
  do {
    const page: Schemas['AppList'] = await read(
      admin.GET('/internal/apps', { params: { query: { limit: 100, ...(cursor && { cursor }) } } }),
    )
    apps.push(...page.apps)
    cursor = page.pagination.next_cursor
  } while (cursor !== null && apps.length < MAX_APPS)
  return apps
}
