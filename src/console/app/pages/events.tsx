import { useState } from 'react'
import type { Pagination } from '../../../sdk/records'
import { api, query } from '../api'
import { useApps } from '../apps'
import { ChoiceFilter, Filters, TextFilter, useFilters } from '../filters'
import { ago, count, type Tone, when } from '../format'
import { PagedList } from '../paged-list'
import { Button, Chip, Confirm, Dialog, Empty, PageHead, Panel, Problem, Table } from '../ui'
import { useAction, useData } from '../use-data'

const STATUSES = ['pending', 'processed', 'failed', 'quarantined', 'unrouted', 'unknown'] as const
type Status = (typeof STATUSES)[number]
const TONE: Record<Status, Tone> = {
  pending: 'info',
  processed: 'ok',
  failed: 'bad',
  quarantined: 'bad',
  unrouted: 'warn',
  unknown: 'plain',
}
const MEANING: Record<Status, string> = {
  pending: 'waiting for their turn',
  processed: 'done',
  failed: 'given up after five tries',
  quarantined: 'not readable, kept as they came',
  unrouted: 'of no app that is known',
  unknown: 'of a kind this server does not know',
}

interface QueuedEvent {
  id: string
  app_id: string | null
  source: string
  event_type: string
  dialpad_call_id: number | null
  status: Status
  attempts: number
  next_attempt_at: string | null
  error: string | null
  received_at: string
  processed_at: string | null
  payload?: unknown
}

const FILTERS = ['status', 'app_id', 'event_type'] as const

export function EventsPage() {
  const { apps } = useApps()
  const { values, filtered, clear } = useFilters(FILTERS)
  const [version, setVersion] = useState(0)
  const [shown, setShown] = useState<QueuedEvent | null>(null)
  const [replayingAll, setReplayingAll] = useState(false)
  const stats = useData(
    `event stats ${version}`,
    async () => (await api<{ stats: Record<Status, number> }>('GET', '/internal/events/stats')).stats,
    10_000,
  )
  const replayable = stats.data ? (stats.data.failed ?? 0) : 0
  return (
    <>
      <PageHead
        title="Events"
        actions={
          replayable > 0 && <Button onClick={() => setReplayingAll(true)}>Replay the {count(replayable)} failed</Button>
        }
      >
        Every delivery from Dialpad, kept as it came. What fails is tried five times and then waits here for you.
      </PageHead>
      <Problem error={stats.error} retry={stats.reload} />
      {stats.data && (
        <dl className="tiles">
          {STATUSES.map((status) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>{count(stats.data?.[status] ?? 0)}</dd>
              <dd className="tile-note">{MEANING[status]}</dd>
            </div>
          ))}
        </dl>
      )}
      <Panel>
        <Filters label="Filter events">
          <ChoiceFilter
            name="status"
            label="Status"
            options={[['', 'Any'], ...STATUSES.map((status): [string, string] => [status, status])]}
          />
          <ChoiceFilter
            name="app_id"
            label="App"
            options={[['', 'Any'], ...apps.map((app): [string, string] => [app.app_id, app.app_name])]}
          />
          <TextFilter name="event_type" label="Type" placeholder="e.g. call.hangup" />
        </Filters>
        <PagedList
          of={`events ${version} ${JSON.stringify(values)}`}
          everyMs={10_000}
          load={async (cursor) => {
            const answer = await api<{ events: QueuedEvent[]; pagination: Pagination }>(
              'GET',
              `/internal/events${query({ ...values, cursor })}`,
            )
            return { items: answer.events, pagination: answer.pagination }
          }}
          empty={
            filtered ? (
              <Empty title="No event fits these filters" actions={<Button onClick={clear}>Show all</Button>} />
            ) : (
              <Empty title="Nothing was delivered yet">
                Each webhook delivery of Dialpad appears here, before anything is done with it.
              </Empty>
            )
          }
        >
          {(events) => (
            <Table
              label="Events"
              head={
                <>
                  <th scope="col">Type</th>
                  <th scope="col">Status</th>
                  <th scope="col" className="wide-only">
                    App
                  </th>
                  <th scope="col">Received</th>
                  <th scope="col" className="number">
                    Tries
                  </th>
                </>
              }
            >
              {events.map((event) => (
                <tr key={event.id}>
                  <td>
                    <button type="button" className="link" onClick={() => setShown(event)}>
                      {event.event_type}
                    </button>
                    {event.error && <span className="sub">{event.error}</span>}
                  </td>
                  <td>
                    <Chip tone={TONE[event.status]}>{event.status}</Chip>
                  </td>
                  <td className="wide-only">{apps.find(({ app_id }) => app_id === event.app_id)?.app_name ?? '–'}</td>
                  <td className="nowrap">{when(event.received_at)}</td>
                  <td className="number">{event.attempts}</td>
                </tr>
              ))}
            </Table>
          )}
        </PagedList>
      </Panel>
      {shown && <EventDialog event={shown} onClose={() => setShown(null)} onReplayed={() => setVersion(version + 1)} />}
      {replayingAll && (
        <Confirm
          title="Replay every failed event?"
          action="Replay"
          onConfirm={async () => {
            await api('POST', '/internal/events/replay', { status: 'failed' })
            setVersion(version + 1)
          }}
          onClose={() => setReplayingAll(false)}
        >
          They are queued again and tried five more times. What was already recorded is not recorded twice.
        </Confirm>
      )}
    </>
  )
}

function EventDialog({
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
  const replay = useAction(async () => {
    await api('POST', `/internal/events/${event.id}/replay`)
    onReplayed()
    onClose()
  })
  return (
    <Dialog title={event.event_type} onClose={onClose}>
      <dl className="facts">
        <dt>Status</dt>
        <dd>
          <Chip tone={TONE[event.status]}>{event.status}</Chip> after {event.attempts}{' '}
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
      <Problem error={replay.error} />
      <div className="row">
        <Button onClick={onClose}>Close</Button>
        {event.status !== 'processed' && event.status !== 'pending' && (
          <Button kind="primary" busy={replay.running} onClick={() => void replay.run()}>
            Replay
          </Button>
        )}
      </div>
    </Dialog>
  )
}
