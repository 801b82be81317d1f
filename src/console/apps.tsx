import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { admin, read, type Schemas } from './api'
import { here, setParams, usePlace } from './navigation'
import { queryClient } from './queries'
import { Loading, Problem } from './ui'

export type App = Schemas['App']

interface AppChoice {
  apps: App[]
  /** The app whose data the pages show; null while there is none. */
  app: App | null
  choose: (appId: string) => void
  reload: () => Promise<void>
}

const AppsContext = createContext<AppChoice | null>(null)
const CHOSEN = 'cti-console-app'
const MOST_APPS = 1000

export function useApps(): AppChoice {
  const choice = useContext(AppsContext)
  if (choice === null) throw new Error('useApps needs WithApps around it')
  return choice
}

/** The apps, and the one of the address: it is named there, so that a link shows the same to everybody. */
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

/** Another app's data on the same page; filters and places in lists belong to the app that was left. */
function choose(appId: string): void {
  setParams({ ...Object.fromEntries([...here().params.keys()].map((name) => [name, ''])), app: appId })
}

/** Every app; a server has few. */
async function loadApps(): Promise<App[]> {
  const apps: App[] = []
  let cursor: string | null = null
  do {
    const page: Schemas['AppList'] = await read(
      admin.GET('/internal/apps', { params: { query: { limit: 100, ...(cursor && { cursor }) } } }),
    )
    apps.push(...page.apps)
    cursor = page.pagination.next_cursor
  } while (cursor !== null && apps.length < MOST_APPS)
  return apps
}
