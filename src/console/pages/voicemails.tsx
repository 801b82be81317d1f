import type { Voicemail } from '../../sdk/records'
import { appApi, read, withoutEmpty } from '../api'
import { useApps } from '../apps'
import { CallBack } from '../call-back'
import { Player } from '../call-parts'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { Filters, TextFilter, useFilters } from '../filters'
import { duration, number } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { Button, Empty, PageHead, Panel } from '../ui'
import { useList } from '../use-list'
import { Time } from '../values'

const FILTERS = ['from', 'user_id'] as const
const idOf = ({ id }: Voicemail) => id

export function VoicemailsPage() {
  const { app } = useApps()
  return app ? <Voicemails appId={app.app_id} /> : <NoApp title="Voicemails" />
}

function Voicemails({ appId }: { appId: string }) {
  const { values, filtered, clear } = useFilters(FILTERS)
  const list = useList<Voicemail>({
    key: ['voicemails', appId, values],
    topic: 'voicemails',
    idOf,
    load: async (cursor, signal) => {
      const query = { ...withoutEmpty(values), ...(cursor && { cursor }) }
      const answer = await read(appApi(appId).GET('/api/voicemails', { params: { query }, signal }))
      return { items: answer.voicemails, pagination: answer.pagination }
    },
  })
  return (
    <>
      <PageHead title="Voicemails">Messages that callers left, with transcripts if available.</PageHead>
      <Panel>
        <Filters label="Filter voicemails">
          <TextFilter name="from" label="From number" placeholder="(555) 123-4567" />
          <TextFilter name="user_id" label="User" />
        </Filters>
        <DataTable
          label="Voicemails"
          list={list}
          idOf={idOf}
          columns={columnsOf(appId)}
          empty={
            filtered ? (
              <Empty
                title="No voicemails match these filters"
                actions={<Button onClick={clear}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No voicemails">
                A voicemail appears here once Dialpad has stored it. Callers who hung up are under{' '}
                <Link to="calls?status=missed">Calls</Link>.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}

const callerOf = ({ customer, contact, from_number }: Voicemail): string =>
  customer?.name ?? contact?.name ?? number(from_number)

const columnsOf = (appId: string): Column<Voicemail>[] => [
  {
    id: 'from',
    title: 'From',
    cell: (voicemail) => (
      <>
        {voicemail.conversation_id ? (
          <Link className="row-link" to={`conversations/${voicemail.conversation_id}`}>
            <bdi>{callerOf(voicemail)}</bdi>
          </Link>
        ) : (
          <strong>
            <bdi>{callerOf(voicemail)}</bdi>
          </strong>
        )}
        <span className="sub nowrap">{number(voicemail.from_number)}</span>
      </>
    ),
  },
  {
    id: 'message',
    title: 'Message',
    full: true,
    cell: (voicemail) => (
      <>
        <p dir="auto">{voicemail.transcript ?? <span className="muted">No transcript</span>}</p>
        <div className="row">
          {voicemail.recording_url && (
            <Player
              label={`Play the voicemail from ${callerOf(voicemail)}`}
              appId={appId}
              path={voicemail.recording_url}
            />
          )}
          <CallBack
            appId={appId}
            to={voicemail.from_number}
            name={callerOf(voicemail)}
            customerId={voicemail.customer?.id ?? null}
            small
          />
        </div>
      </>
    ),
  },
  {
    id: 'for',
    title: 'For',
    wide: true,
    cell: ({ user_id, dialpad_user_id, to_number }) => (
      <>
        {user_id ??
          (dialpad_user_id ? (
            <span className="nowrap" title={`Dialpad user ${dialpad_user_id}`}>
              User …{String(dialpad_user_id).slice(-4)}
            </span>
          ) : (
            '–'
          ))}
        <span className="sub nowrap">{number(to_number)}</span>
      </>
    ),
  },
  { id: 'length', title: 'Length', number: true, cell: ({ duration_seconds }) => duration(duration_seconds) },
  { id: 'left', title: 'Left', nowrap: true, cell: ({ left_at }) => <Time at={left_at} /> },
]
