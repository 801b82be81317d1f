import { useApps } from '../apps'
import { NoApp } from '../no-app'
import { PageHead } from '../ui'
import { Connections } from './dialpad-account'
import { Webhooks } from './dialpad-webhooks'

export function DialpadPage() {
  const { app } = useApps()
  if (!app) return <NoApp title="Dialpad" />
  return (
    <>
      <PageHead title="Dialpad">
        First the account is connected, then Dialpad is told what to deliver. Both belong to the app {app.app_name}.
      </PageHead>
      <Connections app={app} />
      <Webhooks app={app} />
    </>
  )
}
