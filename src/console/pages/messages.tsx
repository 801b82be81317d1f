import type { Message } from '../../sdk/records'
import { appApi, read, withoutEmpty } from '../api'
import { useApps } from '../apps'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { ChoiceFilter, DIRECTIONS, Filters, TextFilter, useFilters } from '../filters'
import { number } from '../format'
import { DeliveryChip, otherNumberOf, otherPartyOf } from '../message-parts'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { Button, Chip, Empty, PageHead, Panel } from '../ui'
import { useList } from '../use-list'
import { Time } from '../values'

const FILTERS = ['with', 'direction', 'status', 'user_id'] as const

/** Threads with their newest message. */
export function MessagesPage() {
  const { app } = useApps()
  return app ? <Threads appId={app.app_id} /> : <NoApp title="Messages" />
}

function Threads({ appId }: { appId: string }) {
  const { values, filtered, clear } = useFilters(FILTERS)
  const list = useList<Message>({
    key: ['threads', appId, values],
    topic: 'messages',
    idOf: threadOf,
    load: async (cursor, signal) => {
      const query = { ...withoutEmpty(values), newest_per_number: 'true' as const, ...(cursor && { cursor }) }
      const answer = await read(appApi(appId).GET('/api/messages', { params: { query: query as never }, signal }))
      return { items: answer.messages, pagination: answer.pagination }
    },
  })
  return (
    <>
      <PageHead title="Messages">
        Text messages by phone number. Dialpad cannot export old messages, so this is the only record.
      </PageHead>
      <Panel>
        <Filters label="Filter messages">
          <TextFilter name="with" label="Number" placeholder="(555) 123-4567" />
          <ChoiceFilter name="direction" label="Last message" options={DIRECTIONS} />
          <ChoiceFilter
            name="status"
            label="Status"
            options={[
              ['', 'Any'],
              ['success', 'Delivered'],
              ['pending', 'Pending'],
              ['failed', 'Failed'],
            ]}
          />
          <TextFilter name="user_id" label="User" />
        </Filters>
        <DataTable
          label="Threads"
          list={list}
          idOf={threadOf}
          columns={COLUMNS}
          empty={
            filtered ? (
              <Empty
                title="No threads match these filters"
                actions={<Button onClick={clear}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No messages yet">
                Subscribe to text messages under <Link to="dialpad">Dialpad</Link>. They appear here as they are sent
                and received.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}

/** Identifies a thread by its number, so that a newer message keeps the row. */
const threadOf = (message: Message): string => otherNumberOf(message) ?? message.id

const COLUMNS: Column<Message>[] = [
  {
    id: 'with',
    title: 'With',
    cell: (message) => {
      const other = otherNumberOf(message)
      return (
        <>
          {other ? (
            <Link className="row-link" to={`messages/${encodeURIComponent(other)}`}>
              <bdi>{otherPartyOf(message)}</bdi>
            </Link>
          ) : (
            <bdi>{otherPartyOf(message)}</bdi>
          )}
          <span className="sub nowrap">{message.is_internal ? 'internal' : number(other)}</span>
        </>
      )
    },
  },
  {
    id: 'text',
    title: 'Newest message',
    full: true,
    cell: (message) => (
      <span className="clamp">
        {message.direction === 'outbound' && <span className="muted">You: </span>}
        <bdi>{message.text ?? (message.media_url ? 'Attachment' : 'Text not exported by Dialpad')}</bdi>{' '}
        {message.media_urls.length > 0 && <Chip>media</Chip>}
      </span>
    ),
  },
  { id: 'user', title: 'User', wide: true, cell: ({ user_id }) => user_id ?? '–' },
  { id: 'status', title: 'Status', cell: (message) => <DeliveryChip message={message} /> },
  { id: 'sent', title: 'Sent', nowrap: true, cell: ({ sent_at }) => <Time at={sent_at} /> },
]
