import { CALL_STATUSES } from '../../lib/call-status'
import type { CallFilters as ListFilters } from '../../sdk/cti-client'
import type { Call } from '../../sdk/records'
import { clientOf } from '../api'
import { useApps } from '../apps'
import { otherName, otherNumber, StatusChip } from '../call-parts'
import { ChoiceFilter, DIRECTIONS, Filters, TextFilter, useFilters } from '../filters'
import { duration, number, when } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { PagedList } from '../paged-list'
import { Button, Chip, Empty, PageHead, Panel, Table } from '../ui'

const FILTERS = [
  'number',
  'status',
  'direction',
  'user_id',
  'customer_id',
  'job_id',
  'after',
  'before',
  'sort',
] as const
type Filter = (typeof FILTERS)[number]

export function CallsPage() {
  const { app } = useApps()
  const { values: chosen, filtered, clear } = useFilters(FILTERS)
  if (!app) return <NoApp title="Calls" />
  return (
    <>
      <PageHead title="Calls">
        Every call of {app.app_name}, newest first. Open one for its conversation and recording.
      </PageHead>
      <Panel>
        <CallFilters onClear={filtered ? clear : null} />
        <PagedList
          of={`calls ${app.app_id} ${JSON.stringify(chosen)}`}
          load={(cursor) => loadCalls(app.app_id, chosen, cursor)}
          empty={
            filtered ? (
              <Empty title="No call fits these filters" actions={<Button onClick={clear}>Clear the filters</Button>} />
            ) : (
              <Empty title="No calls yet">
                <Link to="dialpad">Connect Dialpad</Link>, or send a simulated call from <Link to="">Live</Link>.
              </Empty>
            )
          }
        >
          {(calls) => <CallTable calls={calls} />}
        </PagedList>
      </Panel>
    </>
  )
}

async function loadCalls(appId: string, chosen: Record<Filter, string>, cursor: string | undefined) {
  const { after, before, ...rest } = chosen
  const { calls, pagination } = await clientOf(appId).calls.list({
    ...(rest as ListFilters),
    ...(after && { started_after: new Date(after).toISOString() }),
    ...(before && { started_before: new Date(before).toISOString() }),
    ...(cursor && { cursor }),
  })
  return { items: calls, pagination }
}

function CallFilters({ onClear }: { onClear: (() => void) | null }) {
  return (
    <Filters label="Filter calls">
      <TextFilter name="number" label="Number" placeholder="(555) 123-4567" />
      <ChoiceFilter
        name="status"
        label="Status"
        options={[['', 'Any'], ...CALL_STATUSES.map((status): [string, string] => [status, status])]}
      />
      <ChoiceFilter name="direction" label="Direction" options={DIRECTIONS} />
      <TextFilter name="customer_id" label="Customer id" />
      <TextFilter name="job_id" label="Job" />
      <TextFilter name="user_id" label="User" />
      <TextFilter name="after" label="From" type="datetime-local" />
      <TextFilter name="before" label="Until" type="datetime-local" />
      <ChoiceFilter
        name="sort"
        label="Order"
        options={[
          ['', 'Newest first'],
          ['started_at', 'Oldest first'],
          ['-duration_seconds', 'Longest first'],
          ['duration_seconds', 'Shortest first'],
        ]}
      />
      {onClear && (
        <Button kind="plain" onClick={onClear}>
          Clear filters
        </Button>
      )}
    </Filters>
  )
}

function CallTable({ calls }: { calls: Call[] }) {
  return (
    <Table
      label="Calls"
      head={
        <>
          <th scope="col">With</th>
          <th scope="col">Status</th>
          <th scope="col" className="wide-only">
            User
          </th>
          <th scope="col" className="wide-only">
            Job
          </th>
          <th scope="col">Started</th>
          <th scope="col" className="number">
            Length
          </th>
        </>
      }
    >
      {calls.map((call) => (
        <tr key={call.id}>
          <td>
            <Link className="row-link" to={`conversations/${call.conversation_id}`}>
              {otherName(call)}
            </Link>
            <span className="sub">
              {call.direction === 'inbound' ? 'from' : 'to'} {number(otherNumber(call))}
              {call.is_internal ? ' · internal' : ''}
            </span>
          </td>
          <td>
            <StatusChip status={call.status} /> {call.recording_url && <Chip tone="accent">recorded</Chip>}
          </td>
          <td className="wide-only">{call.user_id ?? call.target?.name ?? '–'}</td>
          <td className="wide-only nowrap">{call.job_id ?? '–'}</td>
          <td className="nowrap">{when(call.started_at)}</td>
          <td className="number">{duration(call.duration_seconds)}</td>
        </tr>
      ))}
    </Table>
  )
}
