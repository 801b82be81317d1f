import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { isOpen } from '../../lib/call-status'
import type { TrackedCall } from '../../sdk/call-tracker'
import type { Entry } from '../../sdk/records'
import { appApi, read } from '../api'
import { type App, useApps } from '../apps'
import { CustomerLink, otherName, otherNumber, StatusChip } from '../call-parts'
import { serverNow } from '../clock'
import { FirstRun, SimulateButton, useFirstRun } from '../first-run'
import { duration, number, time } from '../format'
import { Link } from '../navigation'
import type { Session } from '../session.tsx'
import { useLive, useLiveCalls, useLiveState } from '../tracker'
import { Chip, Empty, Notice, PageHead, Panel } from '../ui'
import { Time } from '../values'

const MOST_RECENT = 10

export function LivePage({ session }: { session: Session }) {
  const { app } = useApps()
  const calls = useLiveCalls()
  const entries = useLive()?.entries ?? []
  const state = useLiveState()
  const isFirstRun = useFirstRun(calls.length > 0 || entries.length > 0)
  const ongoing = calls.filter(({ status }) => isOpen(status))
  return (
    <>
      <PageHead title="Live" actions={app && session.sandbox && !isFirstRun ? <SimulateButton /> : undefined}>
        {app ? `Calls of ${app.app_name} in real time.` : 'Calls in real time.'}
      </PageHead>
      {state === 'refused' && <Notice tone="bad">The live stream was rejected. Log out and in again.</Notice>}
      {(state === 'waiting' || state === 'connecting') && app && (
        <Notice tone="warn">Connecting to the live stream… Missed entries appear once it is connected.</Notice>
      )}
      {isFirstRun && <FirstRun session={session} />}
      {app && (
        <Panel title={ongoing.length === 0 ? 'Calls in progress' : `Calls in progress (${ongoing.length})`}>
          {ongoing.length === 0 ? (
            <Empty title="No calls in progress">A call appears here as soon as Dialpad reports it.</Empty>
          ) : (
            <div className="panel-body call-cards">
              {ongoing.map((call) => (
                <CallCard key={call.id} call={call} />
              ))}
            </div>
          )}
        </Panel>
      )}
      {app && (
        <div className="columns">
          <RecentCalls app={app} />
          {entries.length > 0 && (
            <Panel title="Stream">
              <ul className="ticker" aria-label="Latest entries">
                {entries.slice(0, MOST_RECENT).map((entry) => (
                  <li key={entry.seq}>
                    <span className="muted">{time(entry.timestamp)}</span>
                    <span className="mono">{entry.event}</span>
                    <span className="muted">{summaryOf(entry)}</span>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      )}
    </>
  )
}

/** The latest conversations that are over. The stream refreshes them. */
function RecentCalls({ app }: { app: App }) {
  const { data } = useQuery({
    queryKey: ['calls', app.app_id, 'recent'],
    queryFn: async () => {
      const query = { status: 'ended,missed,voicemail,rejected', limit: MOST_RECENT }
      return (await read(appApi(app.app_id).GET('/api/conversations', { params: { query } }))).conversations
    },
  })
  if (!data || data.length === 0) return null
  return (
    <Panel
      title="Recent calls"
      actions={
        <Link className="button small" to="calls">
          All calls
        </Link>
      }
    >
      <ul className="ticker recent" aria-label="Recent calls">
        {data.map((conversation) => (
          <li key={conversation.id}>
            <span className="muted nowrap">
              <Time at={conversation.started_at} />
            </span>
            <span>
              <StatusChip status={conversation.status} />
            </span>
            <Link className="row-link" to={`conversations/${conversation.id}`}>
              <bdi>{otherName(conversation)}</bdi>
            </Link>
            <span className="muted">{duration(conversation.duration_seconds)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function summaryOf(entry: Entry): string {
  if ('text' in entry && entry.text !== null) return entry.text
  if (entry.event === 'agent.status') return `#${entry.seq}`
  const isOutbound = 'direction' in entry && entry.direction === 'outbound'
  const other = isOutbound ? entry.to_number : entry.from_number
  const customer = 'customer' in entry ? entry.customer : null
  return customer?.name ?? (other ? number(other) : `#${entry.seq}`)
}

function CallCard({ call }: { call: TrackedCall }) {
  const since = call.status === 'ringing' ? call.started_at : (call.connected_at ?? call.started_at)
  return (
    <article className="call-card" data-status={call.status} aria-label={`${call.status}: ${otherName(call)}`}>
      <div className="row">
        <StatusChip status={call.status} />
        <span className="muted small">{call.direction === 'inbound' ? 'Incoming' : 'Outgoing'}</span>
        <Timer className="timer end" since={since} />
      </div>
      <span className="who">{otherName(call)}</span>
      {otherName(call) !== number(otherNumber(call)) && <span className="muted">{number(otherNumber(call))}</span>}
      <div className="row small">
        <span className="muted">
          {call.user_id ??
            call.target?.name ??
            (call.dialpad_user_id ? `Dialpad user ${call.dialpad_user_id}` : 'No user yet')}
        </span>
        {call.job_id && <Chip>job {call.job_id}</Chip>}
        <CustomerLink call={call} />
      </div>
    </article>
  )
}

function Timer({ since, className }: { since: string | undefined; className: string }) {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1000)
    return () => clearInterval(timer)
  }, [])
  return <span className={className}>{since ? duration(Math.max(0, (now - Date.parse(since)) / 1000)) : '–'}</span>
}
