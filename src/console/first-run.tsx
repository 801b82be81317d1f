import { useState } from 'react'
import type { paths } from '../sdk/api.generated'
import { admin, clientOf, read } from './api'
import { useApps } from './apps'
import { Link } from './navigation'
import { CreateApp } from './pages/create-app'
import { useAction, useData } from './queries'
import type { Session } from './session.tsx'
import { Button, Problem } from './ui'

/** Whether the app has no call yet. @param sawCall whether the live stream had one. */
export function useFirstRun(sawCall: boolean): boolean {
  const { app } = useApps()
  const { data: hasCalls } = useData(app && !sawCall ? `first-run ${app.app_id}` : null, async () => {
    // biome-ignore lint/style/noNonNullAssertion: loaded only with an app
    const { calls } = await clientOf(app!.app_id).calls.list({ limit: 1 })
    return calls.length > 0
  })
  return app === null || (!sawCall && hasCalls === false)
}

/** The three steps from an empty server to a call. */
export function FirstRun({ session }: { session: Session }) {
  const { app } = useApps()
  const { data: connected } = useData(app ? `connected ${app.app_id}` : null, async () => {
    // biome-ignore lint/style/noNonNullAssertion: loaded only with an app
    const query = { app_id: app!.app_id }
    const { webhooks } = await read(admin.GET('/internal/webhooks', { params: { query } }))
    return webhooks.length > 0
  })
  return (
    <section aria-label="First steps">
      <ol className="steps">
        <li data-done={app !== null}>
          <h2>Create an app</h2>
          <p>
            An app is one piece of your software that uses calls, such as your CRM. It has its own data and its own API
            key.
          </p>
          {app ? <p>{app.app_name} is ready.</p> : <CreateApp />}
        </li>
        <li data-done={connected === true}>
          <h2>Connect Dialpad</h2>
          <p>Dialpad then sends this server every call, message and voicemail. You can try the server without it.</p>
          {app && (
            <div className="row">
              <Link className="button" to="dialpad">
                Connect Dialpad
              </Link>
            </div>
          )}
        </li>
        <li data-done={false}>
          <h2>See a call</h2>
          <p>
            {session.sandbox
              ? 'Call one of your Dialpad numbers, or simulate a call. The server processes it like a real one.'
              : 'Call one of your Dialpad numbers. The call appears here within a second.'}
          </p>
          {app && session.sandbox && (
            <div className="row">
              <SimulateButton primary />
            </div>
          )}
        </li>
      </ol>
    </section>
  )
}

type SimulateBody = NonNullable<paths['/internal/simulate']['post']['requestBody']>['content']['application/json']
type ScenarioName = NonNullable<SimulateBody['scenario']>
const SCENARIOS: [name: ScenarioName, title: string][] = [
  ['call', 'Incoming call'],
  ['voicemail', 'Voicemail'],
  ['call-center', 'Call center with transfer'],
  ['sms', 'Text message'],
]

/** Sandbox only: sends a simulated call, so that an operator sees the server work. */
export function SimulateButton({ primary }: { primary?: boolean }) {
  const { app } = useApps()
  const [scenario, setScenario] = useState<ScenarioName>('call')
  const { run, running, error } = useAction(async () => {
    if (app) await admin.POST('/internal/simulate', { body: { app_id: app.app_id, scenario } })
  })
  return (
    <>
      {!primary && (
        <select
          aria-label="What to simulate"
          className="narrow"
          value={scenario}
          onChange={(event) => setScenario(event.target.value as ScenarioName)}
        >
          {SCENARIOS.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      )}
      <Button {...(primary && { kind: 'primary' as const })} busy={running} onClick={() => void run()}>
        {running ? 'Sending…' : scenario === 'call' ? 'Send a simulated call' : 'Simulate'}
      </Button>
      <Problem error={error} />
    </>
  )
}
