import { type FormEvent, useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { useApps } from '../apps'
import { useAction } from '../queries'
import { Button, Dialog, Field, Notice, Problem, Secret } from '../ui'

export type IssuedKey = Pick<Schemas['AppCreated'], 'app_id' | 'app_name' | 'api_key'> &
  Partial<Pick<Schemas['AppCreated'], 'warnings'>>

export function CreateApp() {
  const { apps, reload, choose } = useApps()
  const [issued, setIssued] = useState<IssuedKey | null>(null)
  const { run, running, error } = useAction(async (name: string) => {
    setIssued(await read(admin.POST('/internal/apps', { body: { name } })))
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(String(new FormData(event.currentTarget).get('name')).trim())
  }
  async function close() {
    if (issued) choose(issued.app_id)
    setIssued(null)
    await reload()
  }
  return (
    <>
      <form className="stack" onSubmit={submit}>
        <Field label="Name of the app">
          <input name="name" required maxLength={100} placeholder="such as CRM" autoComplete="off" />
        </Field>
        <SharedRouteHint apps={apps} />
        <Button type="submit" kind="primary" busy={running}>
          {running ? 'Creating…' : 'Create the app'}
        </Button>
      </form>
      <Problem error={error} />
      {issued && <KeyDialog issued={issued} onClose={() => void close()} />}
    </>
  )
}

/** Explains how events on the shared route are assigned when there are several apps. */
function SharedRouteHint({ apps }: { apps: { app_name: string; shared_route: boolean }[] }) {
  const [only] = apps
  const holder = apps.find(({ shared_route }) => shared_route)
  if (!only) return null
  return (
    <p className="small muted">
      {holder
        ? `${holder.app_name} has the shared route /webhooks/dialpad. The new app receives only events of its own Dialpad account. Create a webhook for it under Dialpad.`
        : apps.length === 1
          ? `All events on the shared route /webhooks/dialpad now belong to ${only.app_name}. With a second app, an event belongs to the app with its Dialpad account, and other events remain unrouted under Events. To keep the current behavior, assign the shared route to ${only.app_name}.`
          : 'An event on the shared route /webhooks/dialpad belongs to the app with its Dialpad account. Other events remain unrouted under Events.'}
    </p>
  )
}

/** Shows a key once. Only its button closes the dialog. */
export function KeyDialog({ issued, onClose }: { issued: IssuedKey; onClose: () => void }) {
  const { apps } = useApps()
  const first = apps.find(({ app_id }) => app_id !== issued.app_id)
  const share = useAction(async () => {
    if (!first) return
    const params = { path: { app_id: first.app_id } }
    await read(admin.PATCH('/internal/apps/{app_id}', { params, body: { shared_route: true } }))
  })
  const [shared, setShared] = useState(false)
  return (
    <Dialog title={`The API key of ${issued.app_name}`} onClose={onClose} dismissible={false}>
      <Notice tone="warn">Copy it now. The server stores only its hash and cannot show it again.</Notice>
      <Secret label="the API key" value={issued.api_key} />
      <p className="small muted">
        Your software sends it as <code>x-app-api-key</code>. Use it only on servers. For browsers, create a token with{' '}
        <code>POST /api/tokens</code>.
      </p>
      {issued.warnings?.map(({ code, message, action }) => (
        <Notice tone={shared ? 'ok' : 'warn'} key={code + message}>
          <span>
            <strong>{message}</strong> {action}
          </span>
          {first && code === 'shared_route_ambiguous' && (
            <Button small busy={share.running} disabled={shared} onClick={async () => setShared(await share.run())}>
              {shared ? 'Assigned' : `Assign it to ${first.app_name}`}
            </Button>
          )}
        </Notice>
      ))}
      <Problem error={share.error} />
      <div className="row">
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  )
}
