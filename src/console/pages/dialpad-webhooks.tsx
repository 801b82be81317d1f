import { useState } from 'react'
import { admin, read } from '../api'
import type { App } from '../apps'
import { useAction, useData } from '../queries'
import { Button, Empty, Loading, Notice, Panel, Problem } from '../ui'
import { WebhookCard } from './webhook-card'

export function Webhooks({ app }: { app: App }) {
  const params = { query: { app_id: app.app_id } }
  const { data, error, reload } = useData(
    `webhooks ${app.app_id}`,
    async () => (await read(admin.GET('/internal/webhooks', { params }))).webhooks,
    10_000,
  )
  const [wanted, setWanted] = useState({ sms: true, agent_status: false })
  const create = useAction(async () => {
    await admin.POST('/internal/webhooks/create', { params, body: wanted })
    await reload()
  })
  const [repairs, setRepairs] = useState<string[] | null>(null)
  const repair = useAction(async () => {
    const answer = await read(admin.POST('/internal/webhooks/reconcile', { params }))
    setRepairs(answer.repairs.map(({ what, detail }) => `${what}: ${detail}`))
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
    <Panel
      title="Deliveries"
      actions={
        data && data.length > 0 ? (
          <Button small busy={repair.running} onClick={() => void repair.run()}>
            {repair.running ? 'Repairing…' : 'Compare and repair'}
          </Button>
        ) : undefined
      }
    >
      <div className="panel-body">
        <Problem error={error ?? repair.error} retry={reload} />
        {repairs && (
          <Notice tone="ok">
            {repairs.length === 0 ? 'Everything at Dialpad is correct. No repairs were needed.' : repairs.join('; ')}
          </Notice>
        )}
        {!data && !error && <Loading />}
        {data?.length === 0 && (
          <Empty title="No webhooks yet">
            Create a webhook, so that Dialpad sends every call event to this server.
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
            {choice('agent_status', 'Status of call center agents')}
            <Button
              {...(data.length === 0 && { kind: 'primary' as const })}
              busy={create.running}
              onClick={() => void create.run()}
            >
              {create.running ? 'Creating…' : 'Create'}
            </Button>
          </div>
          <Problem error={create.error} />
        </div>
      )}
    </Panel>
  )
}
