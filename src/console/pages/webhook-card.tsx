import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { ago, count, type Tone } from '../format'
import { useAction } from '../queries'
import { Button, Chip, Confirm, Problem } from '../ui'

type Webhook = Schemas['Webhook']
type Subscription = Schemas['Subscription']

const HEALTH_TONE: Record<Webhook['state'], Tone> = { healthy: 'ok', waiting: 'warn', failing: 'bad' }

const KINDS: [kind: Subscription['kind'], title: string][] = [
  ['call', 'calls'],
  ['sms', 'text messages'],
  ['agent_status', 'agent status'],
]
const titleOf = (kind: Subscription['kind']) => KINDS.find(([one]) => one === kind)?.[1] ?? kind

export function WebhookCard({ webhook, onChanged }: { webhook: Webhook; onChanged: () => Promise<void> }) {
  const params = { path: { id: webhook.webhook_id } }
  const [checks, setChecks] = useState<Schemas['WebhookTested']['checks'] | null>(null)
  const [deleting, setDeleting] = useState(false)
  const [removing, setRemoving] = useState<Subscription | null>(null)
  const missing = KINDS.filter(([kind]) => !webhook.subscriptions.some((subscription) => subscription.kind === kind))
  const add = useAction(async (kind: Subscription['kind']) => {
    await admin.POST('/internal/webhooks/{id}/subscriptions', { params, body: { kind } })
    await onChanged()
  })
  const rotate = useAction(async () => {
    await admin.POST('/internal/webhooks/{id}/rotate-secret', { params })
    await onChanged()
  })
  const test = useAction(async () => {
    setChecks((await read(admin.POST('/internal/webhooks/{id}/test', { params }))).checks)
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
        {webhook.kind === 'webhook' && (
          <Button small busy={rotate.running} onClick={() => void rotate.run()}>
            Rotate the secret
          </Button>
        )}
        <Button small kind="danger" onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </div>
      <dl className="facts">
        <dt>Delivered</dt>
        <dd>
          {count(webhook.delivery_count)}
          {webhook.last_delivery_at && `, last ${ago(webhook.last_delivery_at)}`}
        </dd>
        <dt>Rejected</dt>
        <dd>
          {count(webhook.failure_count)}
          {webhook.last_failure && `, last ${ago(webhook.last_failure_at)}: ${webhook.last_failure}`}
        </dd>
        <dt>Subscriptions</dt>
        <dd className="row">
          {webhook.subscriptions.map((subscription) => (
            <Chip key={subscription.id} tone="info">
              {titleOf(subscription.kind)}
              <button
                type="button"
                className="chip-remove"
                aria-label={`Remove the subscription to ${titleOf(subscription.kind)}`}
                onClick={() => setRemoving(subscription)}
              >
                ×
              </button>
            </Chip>
          ))}
          {missing.map(([kind, title]) => (
            <Button key={kind} small kind="plain" busy={add.running} onClick={() => void add.run(kind)}>
              + {title}
            </Button>
          ))}
        </dd>
        {webhook.pull && (
          <>
            <dt>Connection</dt>
            <dd>
              {webhook.pull.state}, last frame {ago(webhook.pull.last_seen_at)}
              {webhook.pull.last_error && `: ${webhook.pull.last_error}`}
            </dd>
          </>
        )}
      </dl>
      <Problem error={test.error ?? rotate.error ?? add.error} />
      {checks && (
        <ul className="stack">
          {checks.map((check) => (
            <li key={check.name} className="row">
              <Chip tone={check.ok ? 'ok' : 'bad'}>{check.ok ? 'ok' : 'failed'}</Chip> {check.name}
              <span className="muted">{check.detail}</span>
            </li>
          ))}
        </ul>
      )}
      {removing && (
        <Confirm
          title={`Stop ${titleOf(removing.kind)}?`}
          action="Remove the subscription"
          onConfirm={async () => {
            await admin.DELETE('/internal/webhooks/{id}/subscriptions/{subscription_id}', {
              params: { path: { ...params.path, subscription_id: removing.id } },
            })
            await onChanged()
          }}
          onClose={() => setRemoving(null)}
        >
          Dialpad stops sending these events. Events in the meantime are not delivered later.
        </Confirm>
      )}
      {deleting && (
        <Confirm
          title="Delete the webhook?"
          action="Delete"
          onConfirm={async () => {
            await admin.DELETE('/internal/webhooks/{id}', { params })
            await onChanged()
          }}
          onClose={() => setDeleting(false)}
        >
          It is also deleted at Dialpad, with its subscriptions. Calls in the meantime are not delivered.
        </Confirm>
      )}
    </article>
  )
}
