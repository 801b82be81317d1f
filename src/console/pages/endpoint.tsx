import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { useApps } from '../apps'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { EndpointState } from '../endpoint-parts'
import { ChoiceFilter, Filters, useFilters } from '../filters'
import { ago, count, type Tone } from '../format'
import { go, Link, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { useAction, useData } from '../queries'
import { toast } from '../toasts'
import { Button, Chip, Confirm, Empty, Loading, PageHead, Panel, Problem } from '../ui'
import { useList } from '../use-list'
import { Time } from '../values'
import { SecretDialog } from './endpoints'

type Delivery = Schemas['Delivery']

export function EndpointPage() {
  const { app } = useApps()
  const id = usePlace().path.split('/')[1] ?? ''
  return app ? <EndpointDetail appId={app.app_id} id={id} /> : <NoApp title="Endpoint" />
}

type EndpointAction = 'delete' | 'rotate' | 'replay' | null

function EndpointDetail({ appId, id }: { appId: string; id: string }) {
  const params = { path: { app_id: appId, id } }
  const { data, error, reload } = useData(
    `endpoint ${appId} ${id}`,
    async () => (await read(admin.GET('/internal/apps/{app_id}/endpoints/{id}', { params }))).endpoint,
    5000,
  )
  const [asking, setAsking] = useState<EndpointAction>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const test = useAction(async () => {
    const { delivered, attempt } = await read(
      admin.POST('/internal/apps/{app_id}/endpoints/{id}/test', { params, parseAs: 'json' }),
    )
    if (delivered) toast(`The endpoint responded with ${attempt.response_status} in ${attempt.latency_ms} ms.`)
    else toast(`The test failed: ${attempt.error ?? `status ${attempt.response_status}`}`, { tone: 'bad' })
  })
  const activate = useAction(async (active: boolean) => {
    await read(admin.PATCH('/internal/apps/{app_id}/endpoints/{id}', { params, body: { active } }))
    await reload()
  })
  if (!data)
    return (
      <>
        <PageHead title="Endpoint" />
        {error ? <Problem error={error} retry={reload} /> : <Loading />}
        <p>
          <Link to="endpoints">All endpoints</Link>
        </p>
      </>
    )
  const isOff = !data.active || data.disabled_at !== null
  return (
    <>
      <PageHead
        title="Endpoint"
        actions={
          <>
            <Button busy={test.running} onClick={() => void test.run()}>
              {test.running ? 'Sending…' : 'Send a test'}
            </Button>
            <Link className="button" to="endpoints">
              All endpoints
            </Link>
          </>
        }
      >
        <code>{data.url}</code>
      </PageHead>
      <Problem error={error ?? test.error ?? activate.error} />
      <Panel title="Details">
        <div className="panel-body">
          <dl className="facts">
            <dt>State</dt>
            <dd>
              <EndpointState endpoint={data} />
            </dd>
            <dt>Events</dt>
            <dd>{data.events.length === 0 ? 'all' : data.events.join(', ')}</dd>
            {data.user_id && (
              <>
                <dt>User</dt>
                <dd>{data.user_id}</dd>
              </>
            )}
            <dt>Delivered</dt>
            <dd>
              up to number {count(data.delivered_seq)}, last success {ago(data.last_success_at)}
            </dd>
            {data.last_error && (
              <>
                <dt>Last error</dt>
                <dd>{data.last_error}</dd>
              </>
            )}
            {data.description && (
              <>
                <dt>Description</dt>
                <dd dir="auto">{data.description}</dd>
              </>
            )}
          </dl>
          <div className="row">
            <Button small busy={activate.running} onClick={() => void activate.run(isOff)}>
              {isOff ? 'Deliver again' : 'Pause'}
            </Button>
            <Button small onClick={() => setAsking('rotate')}>
              Rotate the secret
            </Button>
            <Button small onClick={() => setAsking('replay')}>
              Deliver everything again
            </Button>
            <Button small kind="danger" onClick={() => setAsking('delete')}>
              Delete
            </Button>
          </div>
        </div>
      </Panel>
      <Deliveries appId={appId} id={id} />
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
      {asking === 'rotate' && (
        <Confirm
          title="Rotate the signing secret?"
          action="Rotate"
          onConfirm={async () =>
            setSecret(
              (await read(admin.POST('/internal/apps/{app_id}/endpoints/{id}/rotate-secret', { params }))).secret,
            )
          }
          onClose={() => setAsking(null)}
        >
          For a day, deliveries have both signatures, so that nothing is lost while you switch to the new secret.
        </Confirm>
      )}
      {asking === 'replay' && (
        <Confirm
          title="Deliver everything again?"
          action="Deliver again"
          onConfirm={async () => {
            const body = { since: 0 }
            await read(admin.POST('/internal/apps/{app_id}/endpoints/{id}/replay', { params, body }))
            toast('All stored events will be delivered again.')
            await reload()
          }}
          onClose={() => setAsking(null)}
        >
          The server delivers all stored events again, oldest first. Each has the same id as before, so software that
          checks ids processes none twice.
        </Confirm>
      )}
      {asking === 'delete' && (
        <Confirm
          title="Delete the endpoint?"
          action="Delete"
          typed={new URL(data.url).hostname}
          onConfirm={async () => {
            await read(admin.DELETE('/internal/apps/{app_id}/endpoints/{id}', { params }))
            toast('The endpoint is deleted.')
            go('endpoints')
          }}
          onClose={() => setAsking(null)}
        >
          The server stops posting to {data.url} and deletes its delivery history.
        </Confirm>
      )}
    </>
  )
}

const STATUS_TONE: Record<Delivery['status'], Tone> = { pending: 'warn', delivered: 'ok', failed: 'bad' }
const FILTERS = ['status'] as const
const idOf = ({ id }: Delivery) => id

function Deliveries({ appId, id }: { appId: string; id: string }) {
  const path = { app_id: appId, id }
  const { values, filtered, clear } = useFilters(FILTERS)
  const list = useList<Delivery>({
    key: ['deliveries', appId, id, values],
    everyMs: 5000,
    idOf,
    load: async (cursor, signal) => {
      const query = { ...(values.status && { status: values.status as Delivery['status'] }), ...(cursor && { cursor }) }
      const answer = await read(
        admin.GET('/internal/apps/{app_id}/endpoints/{id}/deliveries', { params: { path, query }, signal }),
      )
      return { items: answer.deliveries, pagination: answer.pagination }
    },
  })
  const redeliver = useAction(async (delivery_id: string) => {
    const params = { path: { ...path, delivery_id } }
    await read(admin.POST('/internal/apps/{app_id}/endpoints/{id}/deliveries/{delivery_id}/redeliver', { params }))
    toast('The delivery is sent again.')
    await list.refresh()
  })
  const columns: Column<Delivery>[] = [
    {
      id: 'event',
      title: 'Event',
      full: true,
      cell: (delivery) => (
        <details>
          <summary>
            {delivery.event} <span className="muted">number {count(delivery.seq)}</span>
          </summary>
          <Attempts attempts={delivery.attempts} />
        </details>
      ),
    },
    { id: 'status', title: 'Status', cell: ({ status }) => <Chip tone={STATUS_TONE[status]}>{status}</Chip> },
    { id: 'attempts', title: 'Attempts', number: true, wide: true, cell: ({ attempts }) => attempts.length },
    {
      id: 'when',
      title: 'Delivered',
      nowrap: true,
      cell: ({ delivered_at, next_attempt_at }) =>
        delivered_at ? <Time at={delivered_at} /> : next_attempt_at ? <>next attempt {ago(next_attempt_at)}</> : '–',
    },
    {
      id: 'again',
      title: 'Deliver again',
      hideTitle: true,
      fixed: true,
      cell: (delivery) => (
        <Button small label={`Deliver again: number ${delivery.seq}`} onClick={() => void redeliver.run(delivery.id)}>
          Deliver again
        </Button>
      ),
    },
  ]
  return (
    <Panel title="Deliveries">
      <Filters label="Filter deliveries">
        <ChoiceFilter
          name="status"
          label="Status"
          options={[
            ['', 'Any'],
            ['pending', 'Pending'],
            ['delivered', 'Delivered'],
            ['failed', 'Failed'],
          ]}
        />
      </Filters>
      <Problem error={redeliver.error} />
      <DataTable
        label="Deliveries"
        list={list}
        idOf={idOf}
        columns={columns}
        empty={
          filtered ? (
            <Empty title="No delivery has this status" actions={<Button onClick={clear}>Show all</Button>} />
          ) : (
            <Empty title="No deliveries yet">
              The next event of the app will be delivered. Send a test to check the endpoint.
            </Empty>
          )
        }
      />
    </Panel>
  )
}

function Attempts({ attempts }: { attempts: Delivery['attempts'] }) {
  if (attempts.length === 0) return <p className="muted">No attempt yet.</p>
  return (
    <ol className="attempts">
      {attempts.map((attempt) => (
        <li key={attempt.attempted_at}>
          <div className="row">
            <Chip tone={attempt.error === null ? 'ok' : 'bad'}>{attempt.response_status ?? 'no response'}</Chip>
            <Time at={attempt.attempted_at} />
            <span className="muted">{count(attempt.latency_ms)} ms</span>
          </div>
          {attempt.error && <p>{attempt.error}</p>}
          {attempt.response_body && <pre>{attempt.response_body}</pre>}
        </li>
      ))}
    </ol>
  )
}
