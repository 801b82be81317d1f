import { useQuery } from '@tanstack/react-query'
import { appApi, read, type Schemas } from '../api'
import { otherName, otherNumber, StatusChip, userName } from '../call-parts'
import type { Column } from '../columns'
import { duration, number } from '../format'
import { IncomingIcon, OutgoingIcon } from '../icons'
import { Link } from '../navigation'
import { Loading, Problem } from '../ui'
import { CopyButton, Id, Time } from '../values'

export type ConversationSummary = Schemas['ConversationSummary']

export const CALL_COLUMNS: Column<ConversationSummary>[] = [
  {
    id: 'with',
    title: 'With',
    fixed: true,
    cell: (row) => <With row={row} />,
  },
  { id: 'status', title: 'Status', cell: (row) => <StatusChip status={row.status} /> },
  { id: 'user', title: 'User', wide: true, cell: (row) => <span className="clip">{userName(row)}</span> },
  {
    id: 'started',
    title: 'Started',
    nowrap: true,
    sort: { ascending: 'started_at', descending: '-started_at', isDefault: true },
    cell: (row) => <Time at={row.started_at} />,
  },
  { id: 'waited', title: 'Waited', number: true, wide: true, cell: (row) => duration(row.waited_seconds) },
  {
    id: 'talked',
    title: 'Talked',
    number: true,
    wide: true,
    cell: (row) => duration(row.answered_at === null ? null : row.talk_seconds),
  },
  {
    id: 'length',
    title: 'Length',
    number: true,
    sort: { ascending: 'duration_seconds', descending: '-duration_seconds' },
    cell: (row) => duration(row.duration_seconds),
  },
  { id: 'held', title: 'On hold', number: true, wide: true, optional: true, cell: (row) => duration(row.hold_seconds) },
  {
    id: 'job',
    title: 'Job',
    wide: true,
    optional: true,
    cell: (row) => <IdOrNone value={row.job_id} label="the job" />,
  },
  {
    id: 'customer',
    title: 'Customer id',
    wide: true,
    optional: true,
    cell: (row) => <IdOrNone value={row.customer_id} label="the customer id" />,
  },
  {
    id: 'target',
    title: 'Called',
    wide: true,
    optional: true,
    cell: (row) => row.target?.name ?? number(row.to_number),
  },
  {
    id: 'id',
    title: 'Conversation id',
    wide: true,
    optional: true,
    cell: (row) => <Id value={row.id} label="the conversation id" />,
  },
]

const IdOrNone = ({ value, label }: { value: string | null; label: string }) =>
  value === null ? '–' : <Id value={value} label={label} />

function With({ row }: { row: ConversationSummary }) {
  const other = otherNumber(row)
  return (
    <div className="with">
      <span className="direction" title={row.direction === 'inbound' ? 'Incoming' : 'Outgoing'}>
        {row.direction === 'inbound' ? <IncomingIcon /> : <OutgoingIcon />}
        <span className="hidden">{row.direction === 'inbound' ? 'Incoming' : 'Outgoing'}</span>
      </span>
      <div>
        <Link className="row-link" to={`conversations/${row.id}`}>
          {otherName(row)}
        </Link>
        <span className="sub nowrap">
          {number(other)}
          {other && <CopyButton value={other} label={`the number ${number(other)}`} />}
          {row.is_internal ? ' · internal' : ''}
        </span>
      </div>
    </div>
  )
}

/** The legs of a conversation, loaded when the row is opened. */
export function Legs({ appId, id, updatedAt }: { appId: string; id: string; updatedAt: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['calls', appId, 'conversation', id, updatedAt],
    queryFn: () => read(appApi(appId).GET('/api/conversations/{id}', { params: { path: { id } } })),
  })
  if (!data) return error ? <Problem error={error} retry={() => void refetch()} /> : <Loading />
  return (
    <ol className="legs">
      {data.conversation.calls.map((leg) => (
        <li key={leg.id}>
          <StatusChip status={leg.status} />
          <span className="clip">{userName(leg)}</span>
          <Time at={leg.started_at} />
          <span>{duration(leg.duration_seconds)}</span>
          <Id value={leg.dialpad_call_id} label="the Dialpad call id" />
        </li>
      ))}
    </ol>
  )
}
