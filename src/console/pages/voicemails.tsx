import { clientOf } from '../api'
import { useApps } from '../apps'
import { Player } from '../call-parts'
import { Filters, TextFilter, useFilters } from '../filters'
import { duration, number, when } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { PagedList } from '../paged-list'
import { Button, Empty, PageHead, Panel, Table } from '../ui'

const FILTERS = ['from', 'user_id'] as const

export function VoicemailsPage() {
  const { app } = useApps()
  const { values, filtered, clear } = useFilters(FILTERS)
  if (!app) return <NoApp title="Voicemails" />
  return (
    <>
      <PageHead title="Voicemails">Messages that callers left, with their transcript where Dialpad made one.</PageHead>
      <Panel>
        <Filters label="Filter voicemails">
          <TextFilter name="from" label="From number" placeholder="(555) 123-4567" />
          <TextFilter name="user_id" label="User" />
        </Filters>
        <PagedList
          of={`voicemails ${app.app_id} ${JSON.stringify(values)}`}
          load={async (cursor) => {
            const { voicemails, pagination } = await clientOf(app.app_id).voicemails.list({ ...values, cursor })
            return { items: voicemails, pagination }
          }}
          empty={
            filtered ? (
              <Empty
                title="No voicemail fits these filters"
                actions={<Button onClick={clear}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No voicemails">
                One appears when a caller has left a message and Dialpad has stored it. See{' '}
                <Link to="calls">Calls</Link> for callers who hung up.
              </Empty>
            )
          }
        >
          {(voicemails) => (
            <Table
              label="Voicemails"
              head={
                <>
                  <th scope="col">From</th>
                  <th scope="col">Message</th>
                  <th scope="col" className="wide-only">
                    For
                  </th>
                  <th scope="col" className="number">
                    Length
                  </th>
                  <th scope="col">Received</th>
                </>
              }
            >
              {voicemails.map((voicemail) => (
                <tr key={voicemail.id}>
                  <td>
                    <strong>{number(voicemail.from_number)}</strong>
                    <span className="sub">to {number(voicemail.to_number)}</span>
                  </td>
                  <td className="full">
                    {voicemail.transcript ?? <span className="muted">No transcript</span>}
                    {voicemail.recording_url && (
                      <div className="row">
                        <Player
                          label={`Play the voicemail from ${number(voicemail.from_number)}`}
                          load={() => clientOf(app.app_id).voicemails.audio(voicemail.id)}
                        />
                      </div>
                    )}
                  </td>
                  <td className="wide-only">
                    {voicemail.user_id ??
                      (voicemail.dialpad_user_id ? `Dialpad user ${voicemail.dialpad_user_id}` : '–')}
                  </td>
                  <td className="number">{duration(voicemail.duration_seconds)}</td>
                  <td className="nowrap">{when(voicemail.created_at)}</td>
                </tr>
              ))}
            </Table>
          )}
        </PagedList>
      </Panel>
    </>
  )
}
