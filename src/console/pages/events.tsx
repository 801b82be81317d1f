import { useState } from 'react'
import { admin, read, type Schemas, withoutEmpty } from '../api'
import { useApps } from '../apps'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { eventTitle } from '../event-titles'
import { ChoiceFilter, Filters, TextFilter, useFilters } from '../filters'
import { count } from '../format'
import { useOpenItem } from '../navigation'
import { useData } from '../queries'
import { toast } from '../toasts'
import { Button, Chip, Confirm, Empty, PageHead, Panel, Problem } from '../ui'
import { useList } from '../use-list'
import { Time } from '../values'
import { EventDialog, type EventStatus, STATUS_TONE, STATUSES } from './event-dialog'
import { RouteEvents } from './route-events'

type QueuedEvent = Schemas['QueuedEvent']

const MEANING: Record<EventStatus, string> = {
  pending: 'waiting to be processed',
  processed: 'done',
  failed: 'failed five times: dead letters',
  quarantined: 'unreadable, stored as received',
  unrouted: 'no matching app',
  unknown: 'unsupported event type',
}

const FILTERS = ['status', 'app_id', 'event_type'] as const
const idOf = ({ id }: QueuedEvent) => id

export function EventsPage() {
  const { apps } = useApps()
  const { values, filtered, clear } = useFilters(FILTERS)
  const { open, show, close } = useOpenItem()
  const [asking, setAsking] = useState<'replay' | 'route' | null>(null)
  const stats = useData(
    'event stats',
    async () => (await read(admin.GET('/internal/events/stats'))).stats as Record<EventStatus, number>,
    5000,
  )
  const list = useList<QueuedEvent>({
    key: ['events', values],
    everyMs: 5000,
    idOf,
    load: async (cursor, signal) => {
      const query = { ...withoutEmpty(values), ...(cursor && { cursor }) }
      const answer = await read(admin.GET('/internal/events', { params: { query: query as never }, signal }))
      return { items: answer.events, pagination: answer.pagination }
    },
  })
  const changed = async () => void (await Promise.all([stats.reload(), list.refresh()]))
  const columns: Column<QueuedEvent>[] = [
    {
      id: 'type',
      title: 'Type',
      cell: (event) => (
        <>
          <button type="button" className="link" onClick={() => show(event.id)}>
            {eventTitle(event.event_type) ?? event.event_type}
          </button>{' '}
          {eventTitle(event.event_type) && <code className="muted">{event.event_type}</code>}
          {event.error && <span className="sub clamp">{event.error}</span>}
        </>
      ),
    },
    { id: 'status', title: 'Status', cell: ({ status }) => <Chip tone={STATUS_TONE[status]}>{status}</Chip> },
    {
      id: 'app',
      title: 'App',
      wide: true,
      cell: (event) => apps.find(({ app_id }) => app_id === event.app_id)?.app_name ?? '–',
    },
    { id: 'received', title: 'Received', nowrap: true, cell: ({ received_at }) => <Time at={received_at} /> },
    { id: 'tries', title: 'Attempts', number: true, wide: true, cell: ({ attempts }) => attempts },
  ]
  const failed = stats.data?.failed ?? 0
  const unrouted = stats.data?.unrouted ?? 0
  return (
    <>
      <PageHead
        title="Events"
        actions={
          <>
            {unrouted > 0 && (
              <Button onClick={() => setAsking('route')}>
                Assign {count(unrouted)} unrouted {unrouted === 1 ? 'event' : 'events'} to an app
              </Button>
            )}
            {failed > 0 && (
              <Button onClick={() => setAsking('replay')}>
                Replay all {count(failed)} dead {failed === 1 ? 'letter' : 'letters'}
              </Button>
            )}
          </>
        }
      >
        Every delivery from Dialpad, stored as received. Events that fail five times stay here until you replay them.
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
          <TextFilter name="event_type" label="Type" placeholder="hangup" />
        </Filters>
        <DataTable
          label="Events"
          list={list}
          idOf={idOf}
          columns={columns}
          empty={
            filtered ? (
              <Empty title="No events match these filters" actions={<Button onClick={clear}>Show all</Button>} />
            ) : (
              <Empty title="No deliveries yet">
                Each webhook delivery from Dialpad appears here before it is processed.
              </Empty>
            )
          }
        />
      </Panel>
      {open && <EventDialog id={open} onClose={close} onReplayed={() => void changed()} />}
      {asking === 'route' && <RouteEvents count={unrouted} onClose={() => setAsking(null)} onRouted={changed} />}
      {asking === 'replay' && (
        <Confirm
          title="Replay all dead letters?"
          action="Replay all"
          onConfirm={async () => {
            const { replayed } = await read(admin.POST('/internal/events/replay', { body: { status: 'failed' } }))
            toast(`${count(replayed)} ${replayed === 1 ? 'event is' : 'events are'} processed again.`)
            await changed()
          }}
          onClose={() => setAsking(null)}
        >
          They are queued again, with five more attempts. Nothing is recorded twice.
        </Confirm>
      )}
    </>
  )
}
