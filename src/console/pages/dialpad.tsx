import { useApps } from '../apps'
import { NoApp } from '../no-app'
import { PageHead } from '../ui'
import { Connections } from './dialpad-account'
import { Problems } from './dialpad-problems'
import { Webhooks } from './dialpad-webhooks'

export function DialpadPage() {
  const { app } = useApps()
  if (!app) return <NoApp title="Dialpad" />
  return (
    <>
      <PageHead title="Dialpad">
        Connect the account, then choose what Dialpad delivers. Both belong to the app {app.app_name}.
      </PageHead>
      <Problems />
      <Connections app={app} />
      <Webhooks app={app} />
    </>
  )
}
