import { createContext, type ReactNode, useContext, useState } from 'react'
import { api } from './api'
import { Loading, Problem } from './ui'
import { type Data, useData } from './use-data'

export interface App {
  app_id: string
  app_name: string
  active: boolean
  dialpad_org_id: number | null
  created_at: string
}

interface Apps {
  apps: App[]
  /** The app whose data the pages show; null while there is none. */
  app: App | null
  choose: (appId: string) => void
  reload: Data<unknown>['reload']
}

const AppsContext = createContext<Apps | null>(null)
const CHOSEN = 'cti-console-app'

export const useApps = (): Apps => useContext(AppsContext)!

export function WithApps({ children }: { children: ReactNode }) {
  const { data, error, reload } = useData('apps', loadApps)
  const [chosen, setChosen] = useState(() => localStorage.getItem(CHOSEN))
  if (!data) return error ? <Problem error={error} retry={reload} /> : <Loading />
  const choose = (appId: string) => {
    localStorage.setItem(CHOSEN, appId)
    setChosen(appId)
  }
  const app = data.find(({ app_id }) => app_id === chosen) ?? data[0] ?? null
  return <AppsContext value={{ apps: data, app, choose, reload }}>{children}</AppsContext>
}

/** Every app; a server has few. */
async function loadApps(): Promise<App[]> {
  const apps: App[] = []
  let cursor: string | null = ''
  while (cursor !== null && apps.length < 1000) {
    const page: { apps: App[]; pagination?: { next_cursor: string | null } } = await api(
      'GET',
      `/internal/apps?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    apps.push(...page.apps)
    cursor = page.pagination?.next_cursor ?? null
  }
  return apps
}
