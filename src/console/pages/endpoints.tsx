import { type FormEvent, useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { useApps } from '../apps'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { EndpointState } from '../endpoint-parts'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { useAction } from '../queries'
import { Button, Dialog, Empty, Field, Notice, PageHead, Panel, Problem, Secret } from '../ui'
import { useList } from '../use-list'
import { Time } from '../values'

type Endpoint = Schemas['Endpoint']
const idOf = ({ id }: Endpoint) => id

export function EndpointsPage() {
  const { app } = useApps()
  return app ? <Endpoints appId={app.app_id} name={app.app_name} /> : <NoApp title="Endpoints" />
}

function Endpoints({ appId, name }: { appId: string; name: string }) {
  const [creating, setCreating] = useState(false)
  const list = useList<Endpoint>({
    key: ['endpoints', appId],
    everyMs: 10_000,
    idOf,
    load: async (cursor, signal) => {
      const params = { path: { app_id: appId }, query: cursor ? { cursor } : {} }
      const answer = await read(admin.GET('/internal/apps/{app_id}/endpoints', { params, signal }))
      return { items: answer.endpoints, pagination: answer.pagination }
    },
  })
  return (
    <>
      <PageHead
        title="Endpoints"
        actions={
          <Button kind="primary" onClick={() => setCreating(true)}>
            Create an endpoint
          </Button>
        }
      >
        URLs of your software. The server posts every event of {name} to them, signed and with retries.
      </PageHead>
      <Panel>
        <DataTable
          label="Endpoints"
          list={list}
          idOf={idOf}
          columns={COLUMNS}
          empty={
            <Empty title="No endpoints yet">
              Create one for software that receives HTTP requests but has no socket, such as a CRM, n8n, Zapier or a
              serverless function.
            </Empty>
          }
        />
      </Panel>
      {creating && <CreateEndpoint appId={appId} onClose={() => setCreating(false)} onCreated={list.refresh} />}
    </>
  )
}

const COLUMNS: Column<Endpoint>[] = [
  {
    id: 'url',
    title: 'Address',
    full: true,
    cell: ({ id, url, description }) => (
      <>
        <Link className="row-link" to={`endpoints/${id}`}>
          {url}
        </Link>
        {description && (
          <span className="sub">
            <bdi>{description}</bdi>
          </span>
        )}
      </>
    ),
  },
  { id: 'state', title: 'State', cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
  {
    id: 'events',
    title: 'Events',
    wide: true,
    cell: ({ events }) => (events.length === 0 ? 'all' : <span className="clamp">{events.join(', ')}</span>),
  },
  { id: 'success', title: 'Last success', nowrap: true, cell: ({ last_success_at }) => <Time at={last_success_at} /> },
]

function CreateEndpoint({
  appId,
  onClose,
  onCreated,
}: {
  appId: string
  onClose: () => void
  onCreated: () => Promise<void>
}) {
  const [secret, setSecret] = useState<string | null>(null)
  const create = useAction(async (form: FormData) => {
    const text = (name: string) => String(form.get(name)).trim()
    const events = text('events')
      .split(/[\s,]+/)
      .filter(Boolean)
    const body = {
      url: text('url'),
      ...(text('description') && { description: text('description') }),
      ...(events.length > 0 && { events }),
    }
    const params = { path: { app_id: appId } }
    const made = await read(admin.POST('/internal/apps/{app_id}/endpoints', { params, body }))
    setSecret(made.secret)
    await onCreated()
  })
  if (secret) return <SecretDialog secret={secret} onClose={onClose} />
  return (
    <Dialog title="Create an endpoint" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault()
          void create.run(new FormData(event.currentTarget))
        }}
      >
        <Field label="Address">
          <input name="url" type="url" required maxLength={2000} placeholder="https://crm.example.com/hooks/cti" />
        </Field>
        <Field label="Description">
          <input name="description" maxLength={500} autoComplete="off" />
        </Field>
        <Field label="Events" hint="Names or patterns such as call.*, separated by commas. Leave it empty for all.">
          <input name="events" autoComplete="off" />
        </Field>
        <Problem error={create.error} />
        <div className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.running}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Shows a signing secret once. Only its button closes the dialog. */
export const SecretDialog = ({ secret, onClose }: { secret: string; onClose: () => void }) => (
  <Dialog title="The signing secret" onClose={onClose} dismissible={false}>
    <Notice tone="warn">Copy it now. It is never shown again.</Notice>
    <Secret label="the signing secret" value={secret} />
    <p className="small muted">Your software verifies each delivery with it. Use any library for Standard Webhooks.</p>
    <div className="row">
      <Button kind="primary" onClick={onClose}>
        I have copied it
      </Button>
    </div>
  </Dialog>
)
