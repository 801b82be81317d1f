import { useState } from 'react'
import { api, query } from '../api'
import { type App, useApps } from '../apps'
import { ago, count, type Tone, when } from '../format'
import { NoApp } from '../no-app'
import { Button, Chip, Confirm, Empty, Loading, Notice, PageHead, Panel, Problem, Secret } from '../ui'
import { useAction, useData } from '../use-data'

interface Connection {
  id: string
  app_id: string
  org_id: number | null
  company_name: string | null
  scopes: string | null
  status: 'connected' | 'failing' | 'disconnected'
  last_error: string | null
  expires_at: string | null
  created_at: string
}

interface Subscription {
  id: string
  kind: string
  settings: Record<string, unknown>
}

interface Webhook {
  webhook_id: string
  app_id: string
  kind: 'webhook' | 'websocket'
  hook_url: string | null
  dialpad_webhook_id: number | null
  subscriptions: Subscription[]
  state: 'healthy' | 'waiting' | 'failing'
  summary: string
  last_delivery_at: string | null
  delivery_count: number
  failure_count: number
  last_failure_at: string | null
  last_failure: string | null
  created_at: string
}

const CONNECTION_TONE: Record<Connection['status'], Tone> = { connected: 'ok', failing: 'bad', disconnected: 'plain' }
const HEALTH_TONE: Record<Webhook['state'], Tone> = { healthy: 'ok', waiting: 'warn', failing: 'bad' }

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

function Connections({ app }: { app: App }) {
  const { data, error, reload } = useData(
    `connections ${app.app_id}`,
    async () =>
      (await api<{ connections: Connection[] }>('GET', `/internal/dialpad/connections${query({ app_id: app.app_id })}`))
        .connections,
    10_000,
  )
  const [ending, setEnding] = useState<Connection | null>(null)
  const [link, setLink] = useState<string | null>(null)
  const connect = useAction(async () => {
    const answer = await api<{ url: string }>('POST', `/internal/apps/${app.app_id}/dialpad/connect-link`)
    setLink(answer.url)
  })
  const backfill = useAction(() => api('POST', '/internal/dialpad/connections/backfill', { app_id: app.app_id }))
  const [filled, setFilled] = useState(false)
  const mine = data?.filter(({ app_id }) => app_id === app.app_id) ?? []
  return (
    <Panel
      title="Account"
      actions={
        <>
          {mine.length > 0 && (
            <Button small busy={backfill.running} onClick={async () => setFilled(await backfill.run())}>
              Fetch missed calls
            </Button>
          )}
          <Button
            small
            {...(mine.length === 0 && { kind: 'primary' as const })}
            busy={connect.running}
            onClick={() => void connect.run()}
          >
            {mine.length === 0 ? 'Connect the account' : 'Connect again'}
          </Button>
        </>
      }
    >
      <div className="panel-body">
        <Problem error={error ?? connect.error ?? backfill.error} />
        {filled && <Notice tone="ok">Calls that were missed are being fetched; they appear under Calls.</Notice>}
        {link && (
          <>
            <Notice>
              <span>
                Open this link once, within 24 hours, logged in to Dialpad as an administrator:{' '}
                <a href={link} target="_blank" rel="noreferrer noopener">
                  connect at Dialpad
                </a>
                .
              </span>
            </Notice>
            <Secret label="the link" value={link} />
          </>
        )}
        {!data && !error && <Loading />}
        {data && mine.length === 0 && !link && (
          <Empty title="No account is connected">
            With one, this server creates webhooks, plays recordings, places calls and fetches calls it missed. A static
            DIALPAD_API_KEY in the configuration does the same.
          </Empty>
        )}
        {mine.map((connection) => (
          <div className="row" key={connection.id}>
            <Chip tone={CONNECTION_TONE[connection.status]}>{connection.status}</Chip>
            <strong>{connection.company_name ?? 'Dialpad account'}</strong>
            <span className="muted">
              {connection.org_id !== null && `organisation ${connection.org_id}, `}since {when(connection.created_at)}
            </span>
            {connection.status !== 'disconnected' && (
              <span className="end">
                <Button small kind="danger" onClick={() => setEnding(connection)}>
                  Disconnect
                </Button>
              </span>
            )}
            {connection.last_error && <Notice tone="bad">{connection.last_error}</Notice>}
          </div>
        ))}
      </div>
      {ending && (
        <Confirm
          title="Disconnect the account?"
          action="Disconnect"
          onConfirm={async () => {
            await api('DELETE', `/internal/dialpad/connections/${ending.id}`)
            await reload()
          }}
          onClose={() => setEnding(null)}
        >
          The server gives its access back to Dialpad. Webhooks keep delivering until they are deleted; recordings no
          longer play. Connecting again needs an administrator of the Dialpad account.
        </Confirm>
      )}
    </Panel>
  )
}

function Webhooks({ app }: { app: App }) {
  const { data, error, reload } = useData(
    `webhooks ${app.app_id}`,
    async () =>
      (await api<{ webhooks: Webhook[] }>('GET', `/internal/webhooks${query({ app_id: app.app_id })}`)).webhooks,
    10_000,
  )
  const [wanted, setWanted] = useState({ sms: true, agent_status: false })
  const create = useAction(async () => {
    await api('POST', `/internal/webhooks/create${query({ app_id: app.app_id })}`, wanted)
    await reload()
  })
  const choice = (name: keyof typeof wanted, label: string) => (
    <label className="check">
      <input
        type="checkbox"
        checked={wanted[name]}
        onChange={(event) => setWanted({ ...wanted, [name]: event.target.checked })}
      />
      {label}
    </label>
  )
  return (
    <Panel title="Deliveries">
      <div className="panel-body">
        <Problem error={error} retry={reload} />
        {!data && !error && <Loading />}
        {data?.length === 0 && (
          <Empty title="Dialpad delivers nothing yet">
            Create a webhook: Dialpad then tells this server of every call as it happens.
          </Empty>
        )}
        {data?.map((webhook) => (
          <WebhookCard key={webhook.webhook_id} webhook={webhook} onChanged={reload} />
        ))}
      </div>
      {data && (
        <div className="panel-body divided">
          <h3>{data.length === 0 ? 'Create the webhook' : 'Create another webhook'}</h3>
          <div className="row">
            <label className="check">
              <input type="checkbox" checked disabled />
              Calls, recordings, voicemails
            </label>
            {choice('sms', 'Text messages')}
            {choice('agent_status', 'Status of call centre agents')}
            <Button
              {...(data.length === 0 && { kind: 'primary' as const })}
              busy={create.running}
              onClick={() => void create.run()}
            >
              {create.running ? 'Asking Dialpad…' : 'Create'}
            </Button>
          </div>
          <Problem error={create.error} />
        </div>
      )}
    </Panel>
  )
}

interface Check {
  name: string
  ok: boolean
  detail: string
}

function WebhookCard({ webhook, onChanged }: { webhook: Webhook; onChanged: () => Promise<void> }) {
  const path = `/internal/webhooks/${webhook.webhook_id}`
  const [checks, setChecks] = useState<Check[] | null>(null)
  const [deleting, setDeleting] = useState(false)
  const test = useAction(async () => {
    setChecks((await api<{ checks: Check[] }>('POST', `${path}/test`)).checks)
    await onChanged()
  })
  return (
    <article className="webhook" aria-label={webhook.hook_url ?? 'Pulled deliveries'}>
      <div className="row">
        <Chip tone={HEALTH_TONE[webhook.state]}>{webhook.state}</Chip>
        <code className="grow">{webhook.hook_url ?? 'pulled by this server'}</code>
        <Button small busy={test.running} onClick={() => void test.run()}>
          {test.running ? 'Checking…' : 'Check'}
        </Button>
        <Button small kind="danger" onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </div>
      <p className="muted">{webhook.summary}</p>
      <dl className="facts">
        <dt>Delivered</dt>
        <dd>
          {count(webhook.delivery_count)}, last {ago(webhook.last_delivery_at)}
        </dd>
        <dt>Refused</dt>
        <dd>
          {count(webhook.failure_count)}
          {webhook.last_failure && `, last ${ago(webhook.last_failure_at)}: ${webhook.last_failure}`}
        </dd>
        <dt>Subscriptions</dt>
        <dd className="row">
          {webhook.subscriptions.map((subscription) => (
            <Chip key={subscription.id} tone="info">
              {subscription.kind.replace('_', ' ')}
            </Chip>
          ))}
          {webhook.subscriptions.length === 0 && 'none'}
        </dd>
      </dl>
      <Problem error={test.error} />
      {checks && (
        <ul className="stack">
          {checks.map((check) => (
            <li key={check.name} className="row">
              <Chip tone={check.ok ? 'ok' : 'bad'}>{check.ok ? 'ok' : 'wrong'}</Chip> {check.name}
              <span className="muted">{check.detail}</span>
            </li>
          ))}
        </ul>
      )}
      {deleting && (
        <Confirm
          title="Delete the webhook?"
          action="Delete"
          onConfirm={async () => {
            await api('DELETE', path)
            await onChanged()
          }}
          onClose={() => setDeleting(false)}
        >
          It is removed at Dialpad too, with its subscriptions. Calls that happen meanwhile are not delivered.
        </Confirm>
      )}
    </article>
  )
}
