import { safeLink } from '../../sdk/react/format'
import { clientOf } from '../api'
import { useApps } from '../apps'
import { ChoiceFilter, DIRECTIONS, Filters, TextFilter, useFilters } from '../filters'
import { number, type Tone, when } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { PagedList } from '../paged-list'
import { Button, Chip, Empty, PageHead, Panel, Table } from '../ui'

const FILTERS = ['with', 'direction', 'status', 'user_id'] as const
const TONE: Record<string, Tone> = { success: 'ok', failed: 'bad', pending: 'warn' }

export function MessagesPage() {
  const { app } = useApps()
  const { values, filtered, clear } = useFilters(FILTERS)
  if (!app) return <NoApp title="Messages" />
  return (
    <>
      <PageHead title="Messages">
        Text messages as Dialpad told of them. Dialpad has no way to read old ones, so this is the only record.
      </PageHead>
      <Panel>
        <Filters label="Filter messages">
          <TextFilter name="with" label="Number" placeholder="(555) 123-4567" />
          <ChoiceFilter name="direction" label="Direction" options={DIRECTIONS} />
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
        <PagedList
          of={`messages ${app.app_id} ${JSON.stringify(values)}`}
          load={async (cursor) => {
            const { messages, pagination } = await clientOf(app.app_id).messages.list({ ...values, cursor })
            return { items: messages, pagination }
          }}
          empty={
            filtered ? (
              <Empty
                title="No message fits these filters"
                actions={<Button onClick={clear}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No messages yet">
                Subscribe to text messages under <Link to="dialpad">Dialpad</Link>; they appear here as they are sent
                and received.
              </Empty>
            )
          }
        >
          {(messages) => (
            <Table
              label="Messages"
              head={
                <>
                  <th scope="col">With</th>
                  <th scope="col">Text</th>
                  <th scope="col" className="wide-only">
                    User
                  </th>
                  <th scope="col">Status</th>
                  <th scope="col">Sent</th>
                </>
              }
            >
              {messages.map((message) => {
                const media = safeLink(message.media_url)
                return (
                  <tr key={message.id}>
                    <td>
                      {message.contact?.name ??
                        number(message.direction === 'inbound' ? message.from_number : message.to_number)}
                      <span className="sub">
                        {message.direction === 'inbound' ? 'from' : 'to'}{' '}
                        {number(message.direction === 'inbound' ? message.from_number : message.to_number)}
                      </span>
                    </td>
                    <td className="full">
                      {message.text ?? <span className="muted">Text not exported by Dialpad</span>}
                      {media && (
                        <a className="sub" href={media} target="_blank" rel="noreferrer noopener">
                          Attachment
                        </a>
                      )}
                    </td>
                    <td className="wide-only">{message.user_id ?? '–'}</td>
                    <td>
                      {message.status && (
                        <Chip tone={TONE[message.status] ?? 'plain'}>
                          {message.delivery_result ?? (message.status === 'success' ? 'delivered' : message.status)}
                        </Chip>
                      )}
                    </td>
                    <td className="nowrap">{when(message.sent_at)}</td>
                  </tr>
                )
              })}
            </Table>
          )}
        </PagedList>
      </Panel>
    </>
  )
}
