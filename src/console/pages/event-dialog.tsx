import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { useApps } from '../apps'
import { eventTitle } from '../event-titles'
import { ago, type Tone } from '../format'
import { Link } from '../navigation'
import { useAction, useData } from '../queries'
import { toast } from '../toasts'
import { Button, Chip, Dialog, Field, Loading, Problem } from '../ui'
import { CopyButton, Id, Time } from '../values'

export type EventStatus = Schemas['QueuedEvent']['status']
export const STATUSES = ['pending', 'processed', 'failed', 'quarantined', 'unrouted', 'unknown'] as const
export const STATUS_TONE: Record<EventStatus, Tone> = {
  pending: 'info',
  processed: 'ok',
  failed: 'bad',
  quarantined: 'bad',
  unrouted: 'warn',
  unknown: 'plain',
}
const REPLAYABLE: EventStatus[] = ['failed', 'unrouted', 'unknown']

export function EventDialog({ id, onClose, onReplayed }: { id: string; onClose: () => void; onReplayed: () => void }) {
  const detail = useData(
    `event ${id}`,
    async () => (await read(admin.GET('/internal/events/{id}', { params: { path: { id } } }))).event,
  )
  const event = detail.data
  return (
    <Dialog
      title={event ? (eventTitle(event.event_type) ?? `Event ${event.event_type}`) : 'Event'}
      onClose={onClose}
      wide
    >
      {event ? (
        <Detail event={event} onClose={onClose} onReplayed={onReplayed} />
      ) : detail.error ? (
        <>
          <Problem error={detail.error} retry={detail.reload} />
          <div className="row">
            <Button onClick={onClose}>Close</Button>
          </div>
        </>
      ) : (
        <Loading />
      )}
    </Dialog>
  )
}

function Detail({
  event,
  onClose,
  onReplayed,
}: {
  event: Schemas['EventWithPayload']
  onClose: () => void
  onReplayed: () => void
}) {
  const { apps } = useApps()
  const [appId, setAppId] = useState(apps[0]?.app_id ?? '')
  const payload = JSON.stringify(event.payload ?? null, null, 2)
  const replay = useAction(async () => {
    const body = event.status === 'unrouted' ? { app_id: appId } : {}
    await read(admin.POST('/internal/events/{id}/replay', { params: { path: { id: event.id } }, body }))
    toast('The event is processed again.')
    onReplayed()
    onClose()
  })
  return (
    <>
      <dl className="facts">
        <dt>Status</dt>
        <dd>
          <Chip tone={STATUS_TONE[event.status]}>{event.status}</Chip> after {event.attempts}{' '}
          {event.attempts === 1 ? 'attempt' : 'attempts'}
        </dd>
        <dt>Type</dt>
        <dd>
          <code>{event.event_type}</code>
        </dd>
        <dt>Received</dt>
        <dd>
          <Time at={event.received_at} />, by {event.source}
        </dd>
        {event.status === 'pending' && (
          <>
            <dt>Next attempt</dt>
            <dd>{ago(event.next_attempt_at)}</dd>
          </>
        )}
        {event.dialpad_call_id !== null && (
          <>
            <dt>Dialpad call</dt>
            <dd>
              <Id value={event.dialpad_call_id} label="the Dialpad call id" />
            </dd>
          </>
        )}
        <dt>Event id</dt>
        <dd>
          <Id value={event.id} label="the event id" />
        </dd>
      </dl>
      {event.error && (
        <div>
          <h3>Error</h3>
          <pre>{event.error}</pre>
        </div>
      )}
      <div>
        <h3>
          Payload <CopyButton value={payload} label="the payload" />
        </h3>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{payload}</pre>
      </div>
      {event.status === 'unrouted' &&
        (apps.length === 0 ? (
          <p>
            <Link to="apps">Create an app</Link> first. Every event belongs to an app.
          </p>
        ) : (
          <Field label="Assign it to the app">
            <select value={appId} onChange={(change) => setAppId(change.target.value)}>
              {apps.map(({ app_id, app_name }) => (
                <option key={app_id} value={app_id}>
                  {app_name}
                </option>
              ))}
            </select>
          </Field>
        ))}
      <Problem error={replay.error} />
      <div className="row">
        <Button onClick={onClose}>Close</Button>
        {REPLAYABLE.includes(event.status) && (
          <Button kind="primary" busy={replay.running} onClick={() => void replay.run()}>
            Replay
          </Button>
        )}
      </div>
    </>
  )
}
