import { useState } from 'react'
import { api } from '../api'
import { useApps } from '../apps'
import { ago, type Tone, when } from '../format'
import { useAction, useData } from '../queries'
import { Button, Chip, Dialog, Field, Problem } from '../ui'

export const STATUSES = ['pending', 'processed', 'failed', 'quarantined', 'unrouted', 'unknown'] as const
export type EventStatus = (typeof STATUSES)[number]
export const STATUS_TONE: Record<EventStatus, Tone> = {
  pending: 'info',
  processed: 'ok',
  failed: 'bad',
  quarantined: 'bad',
  unrouted: 'warn',
  unknown: 'plain',
}
export interface QueuedEvent {
  id: string
  app_id: string | null
  source: string
  event_type: string
  dialpad_call_id: number | null
  status: EventStatus
  attempts: number
  next_attempt_at: string | null
  error: string | null
  received_at: string
  processed_at: string | null
  payload?: unknown
}

const REPLAYABLE: EventStatus[] = ['failed', 'unrouted', 'unknown']

export function EventDialog({
  event,
  onClose,
  onReplayed,
}: {
  event: QueuedEvent
  onClose: () => void
  onReplayed: () => void
}) {
  const detail = useData(
    `event ${event.id}`,
    async () => (await api<{ event: QueuedEvent }>('GET', `/internal/events/${event.id}`)).event,
  )
  const { apps } = useApps()
  const [appId, setAppId] = useState(apps[0]?.app_id ?? '')
  const replay = useAction(async () => {
    await api('POST', `/internal/events/${event.id}/replay`, event.status === 'unrouted' ? { app_id: appId } : {})
    onReplayed()
    onClose()
  })
  return (
    <Dialog title={event.event_type} onClose={onClose}>
      <dl className="facts">
        <dt>Status</dt>
        <dd>
          <Chip tone={STATUS_TONE[event.status]}>{event.status}</Chip> after {event.attempts}{' '}
          {event.attempts === 1 ? 'try' : 'tries'}
        </dd>
        <dt>Received</dt>
        <dd>
          {when(event.received_at)}, by {event.source}
        </dd>
        {event.status === 'pending' && (
          <>
            <dt>Next try</dt>
            <dd>{ago(event.next_attempt_at)}</dd>
          </>
        )}
        <dt>Event id</dt>
        <dd className="mono">{event.id}</dd>
      </dl>
      {event.error && (
        <div>
          <h3>Error</h3>
          <pre>{event.error}</pre>
        </div>
      )}
      <div>
        <h3>Payload</h3>
        <Problem error={detail.error} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{detail.data ? JSON.stringify(detail.data.payload ?? null, null, 2) : '…'}</pre>
      </div>
      {event.status === 'unrouted' && (
        <Field label="Give it to the app">
          <select value={appId} onChange={(change) => setAppId(change.target.value)}>
            {apps.map(({ app_id, app_name }) => (
              <option key={app_id} value={app_id}>
                {app_name}
              </option>
            ))}
          </select>
        </Field>
      )}
      <Problem error={replay.error} />
      <div className="row">
        <Button onClick={onClose}>Close</Button>
        {REPLAYABLE.includes(event.status) && (
          <Button kind="primary" busy={replay.running} onClick={() => void replay.run()}>
            Replay
          </Button>
        )}
      </div>
    </Dialog>
  )
}
