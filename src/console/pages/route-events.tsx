import { type FormEvent, useState } from 'react'
import { admin, read, withoutEmpty } from '../api'
import { useApps } from '../apps'
import { count } from '../format'
import { useAction } from '../queries'
import { toast } from '../toasts'
import { Button, Dialog, Field, Notice, Problem } from '../ui'

/** Assigns unrouted events to an app: all, or those of one type. */
export function RouteEvents({
  count: total,
  onClose,
  onRouted,
}: {
  count: number
  onClose: () => void
  onRouted: () => Promise<void>
}) {
  const { apps, app, reload } = useApps()
  const [appId, setAppId] = useState(app?.app_id ?? '')
  const [keep, setKeep] = useState(false)
  const chosen = apps.find(({ app_id }) => app_id === appId)
  const route = useAction(async (event_type: string) => {
    if (keep)
      await read(
        admin.PATCH('/internal/apps/{app_id}', {
          params: { path: { app_id: appId } },
          body: { shared_route: true },
        }),
      )
    const body = { app_id: appId, ...withoutEmpty({ event_type }) }
    const { replayed } = await read(admin.POST('/internal/events/route', { body: body as never }))
    toast(`${count(replayed)} ${replayed === 1 ? 'event was' : 'events were'} assigned to ${chosen?.app_name}.`)
    await Promise.all([onRouted(), keep ? reload() : null])
    onClose()
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void route.run(String(new FormData(event.currentTarget).get('event_type')).trim())
  }
  return (
    <Dialog title="Assign unrouted events to an app" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>
          {count(total)} {total === 1 ? 'event' : 'events'} arrived on the shared route and matched no app. Assigned
          events are processed in the order they arrived.
        </p>
        <Field label="App">
          <select value={appId} onChange={(event) => setAppId(event.target.value)} required>
            {apps.map(({ app_id, app_name }) => (
              <option key={app_id} value={app_id}>
                {app_name}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Only of this type" hint="Leave it empty for all.">
          <input name="event_type" autoComplete="off" placeholder="such as hangup" />
        </Field>
        <label className="check">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.target.checked)} />
          Also route such events to {chosen?.app_name ?? 'this app'} from now on
        </label>
        {keep && apps.some((one) => one.shared_route && one.app_id !== appId) && (
          <Notice tone="warn">
            {apps.find((one) => one.shared_route)?.app_name} has the shared route now and will no longer receive them.
          </Notice>
        )}
        <Problem error={route.error} />
        <div className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={route.running}>
            Assign
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
