import { useState } from 'react'
import type { Pagination } from '../../sdk/records'
import { api, query } from '../api'
import { useApps } from '../apps'
import { ChoiceFilter, Filters, TextFilter, useFilters } from '../filters'
import { count, when } from '../format'
import { PagedList } from '../paged-list'
import { useData } from '../queries'
import { Button, Chip, Confirm, Empty, PageHead, Panel, Problem, Table } from '../ui'
import { EventDialog, type EventStatus, type QueuedEvent, STATUS_TONE, STATUSES } from './event-dialog'

const MEANING: Record<EventStatus, string> = {
  pending: 'waiting for their turn',
  processed: 'done',
  failed: 'given up after five tries',
  quarantined: 'not readable, kept as they came',
  unrouted: 'of no app that is known',
  unknown: 'of a kind this server does not know',
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
    async () => (await api<{ stats: Record<EventStatus, number> }>('GET', '/internal/events/stats')).stats,
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
          <TextFilter name="event_type" label="Type" placeholder="e.g. hangup" />
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
                    <Chip tone={STATUS_TONE[event.status]}>{event.status}</Chip>
                  </td>
                  <td className="wide-only">{apps.find(({ app_id }) => app_id === event.app_id)?.app_name ?? '–'}</td>
                  <td className="nowrap">{when(event.received_at)}</td>
                  <td className="number wide-only">{event.attempts}</td>
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
