import { type FormEvent, useState } from 'react'
import { admin, read } from '../api'
import type { App } from '../apps'
import { when } from '../format'
import { useAction, useData } from '../queries'
import { Button, Dialog, Field, Loading, Problem, Table } from '../ui'
import type { IssuedKey } from './create-app'

const GRACES: [seconds: number, title: string][] = [
  [0, 'Ends immediately'],
  [900, 'Remains valid for 15 minutes'],
  [3600, 'Remains valid for an hour'],
  [86_400, 'Remains valid for a day'],
]

export function RotateKey({
  app,
  onClose,
  onRotated,
}: {
  app: App
  onClose: () => void
  onRotated: (issued: IssuedKey) => void
}) {
  const { run, running, error } = useAction(async (grace_seconds: number) => {
    onRotated(
      await read(
        admin.POST('/internal/apps/{app_id}/api-key', {
          params: { path: { app_id: app.app_id } },
          body: { grace_seconds },
        }),
      ),
    )
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(Number(new FormData(event.currentTarget).get('grace')))
  }
  return (
    <Dialog title={`Rotate the key of ${app.app_name}`} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <Field label="The old key">
          <select name="grace">
            {GRACES.map(([seconds, title]) => (
              <option key={seconds} value={seconds}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        <Problem error={error} />
        <div className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={running}>
            Create a new key
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

export function Audit({ app, version }: { app: App; version: string }) {
  const [open, setOpen] = useState(false)
  const { data, error } = useData(open ? `audit ${app.app_id} ${version}` : null, () =>
    read(admin.GET('/internal/apps/{app_id}/api-key/audit', { params: { path: { app_id: app.app_id } } })),
  )
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>History of the key</summary>
      <Problem error={error} />
      {open && !data && !error && <Loading />}
      {data && (
        <Table
          label={`History of the key of ${app.app_name}`}
          head={
            <>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">Key</th>
              <th scope="col">By</th>
            </>
          }
        >
          {data.audit_log.map((entry) => (
            <tr key={entry.id}>
              <td className="nowrap">{when(entry.performed_at)}</td>
              <td>{entry.action}</td>
              <td className="mono">{entry.new_key_hint ?? entry.old_key_hint ?? '–'}</td>
              <td>{entry.performed_by}</td>
            </tr>
          ))}
        </Table>
      )}
    </details>
  )
}
