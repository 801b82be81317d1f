import type { Call, TimelineState } from '../../sdk/records'
import { clientOf } from '../api'
import { useApps } from '../apps'
import { CustomerLink, otherName, otherNumber, Player, StatusChip } from '../call-parts'
import { duration, number, time, when } from '../format'
import { Link, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { useData } from '../queries'
import { Chip, Loading, PageHead, Panel, Problem } from '../ui'

type Leg = Call & { timeline: TimelineState[] }

export function ConversationPage() {
  const { app } = useApps()
  const id = usePlace().path.split('/')[1] ?? ''
  const {
    data: legs,
    error,
    reload,
  } = useData(app && `conversation ${app.app_id} ${id}`, () => loadLegs(app!.app_id, id), 5000)
  if (!app) return <NoApp title="Conversation" />
  if (!legs)
    return error ? (
      <>
        <PageHead title="Conversation" />
        <Problem error={error} retry={reload} />
        <p>
          <Link to="calls">Back to the calls</Link>
        </p>
      </>
    ) : (
      <Loading />
    )
  // The human is on the leg that talked longest; without one, on the first.
  const main = legs.reduce((best, leg) => ((leg.talk_seconds ?? 0) > (best.talk_seconds ?? 0) ? leg : best), legs[0]!)
  return (
    <>
      <PageHead
        title={otherName(main)}
        actions={
          <Link className="button" to="calls">
            All calls
          </Link>
        }
      >
        {main.direction === 'inbound' ? 'Incoming from' : 'Outgoing to'} {number(otherNumber(main))},{' '}
        {when(legs[0]!.started_at)}
      </PageHead>
      <Panel title={legs.length === 1 ? 'One leg' : `${legs.length} legs`} actions={<Legend />}>
        <div className="panel-body">
          <TimeLine legs={legs} />
        </div>
      </Panel>
      <div className="columns">
        {legs.map((leg) => (
          <LegPanel key={leg.id} leg={leg} appId={app.app_id} />
        ))}
      </div>
    </>
  )
}

async function loadLegs(appId: string, id: string): Promise<Leg[]> {
  const client = clientOf(appId)
  const { calls } = await client.calls.list({ conversation_id: id, sort: 'started_at', limit: 50 })
  if (calls.length === 0)
    throw new Error('There is no such conversation in this app. Choose the app it belongs to, or go back to the calls.')
  return Promise.all(calls.map((call) => client.calls.get(call.id)))
}

type Phase = 'ringing' | 'active' | 'held'
const PHASE_OF: Record<string, Phase | null> = {
  calling: 'ringing',
  preanswer: 'ringing',
  queued: 'ringing',
  ringing: 'ringing',
  connected: 'active',
  merged: 'active',
  takeover: 'active',
  hold: 'held',
  parked: 'held',
  hangup: null,
  missed: null,
  blocked: null,
  voicemail: null,
  stale: null,
}
const PHASES: [Phase, string][] = [
  ['ringing', 'Ringing'],
  ['active', 'Talking'],
  ['held', 'On hold'],
]

const Legend = () => (
  <span className="legend">
    {PHASES.map(([phase, title]) => (
      <span key={phase}>
        <i className={`seg-${phase}`} />
        {title}
      </span>
    ))}
  </span>
)

interface Segment {
  phase: Phase
  from: number
  to: number
}

/** The stretches of a leg in which it rang, talked or was held. */
function segmentsOf(leg: Leg, now: number): Segment[] {
  const end = leg.ended_at ? Date.parse(leg.ended_at) : now
  const states = leg.timeline.filter(({ state }) => state in PHASE_OF)
  return states.flatMap(({ state, at }, index) => {
    const phase = PHASE_OF[state]
    const from = Date.parse(at)
    const to = Math.min(end, states[index + 1] ? Date.parse(states[index + 1]!.at) : end)
    return phase && to > from ? [{ phase, from, to }] : []
  })
}

function TimeLine({ legs }: { legs: Leg[] }) {
  const now = Date.now()
  const start = Math.min(...legs.map((leg) => Date.parse(leg.started_at)))
  const end = Math.max(start + 1000, ...legs.map((leg) => (leg.ended_at ? Date.parse(leg.ended_at) : now)))
  const share = (ms: number) => `${((100 * ms) / (end - start)).toFixed(2)}%`
  return (
    <div className="timeline">
      {legs.map((leg) => {
        const segments = segmentsOf(leg, now)
        const label = segments.map(({ phase, from, to }) => `${phase} ${duration((to - from) / 1000)}`).join(', ')
        return (
          <div className="leg" key={leg.id}>
            <span>{leg.target?.name ?? leg.user_id ?? `Leg ${leg.dialpad_call_id}`}</span>
            <div className="track" role="img" aria-label={label || leg.status}>
              {segments.map(({ phase, from, to }) => (
                <span
                  key={`${phase}${from}`}
                  className={`seg-${phase}`}
                  title={`${phase} ${duration((to - from) / 1000)}`}
                  style={{ left: share(from - start), width: share(to - from) }}
                />
              ))}
            </div>
          </div>
        )
      })}
      <div className="leg" aria-hidden="true">
        <span />
        <div className="axis">
          <span>{time(new Date(start).toISOString())}</span>
          <span>{time(new Date(end).toISOString())}</span>
        </div>
      </div>
    </div>
  )
}

function LegPanel({ leg, appId }: { leg: Leg; appId: string }) {
  const recap = leg.recap ? Object.entries(leg.recap) : []
  return (
    <Panel title={leg.target?.name ?? `Leg ${leg.dialpad_call_id}`} actions={<StatusChip status={leg.status} />}>
      <div className="panel-body">
        <dl className="facts">
          <dt>Customer</dt>
          <dd>
            {leg.customer?.name ?? leg.customer_id ?? '–'} <CustomerLink call={leg} />
          </dd>
          <dt>From</dt>
          <dd>{number(leg.from_number)}</dd>
          <dt>To</dt>
          <dd>{number(leg.to_number)}</dd>
          <dt>User</dt>
          <dd>{leg.user_id ?? (leg.dialpad_user_id ? `Dialpad user ${leg.dialpad_user_id}` : '–')}</dd>
          <dt>Length</dt>
          <dd>
            {duration(leg.duration_seconds)}, talked {duration(leg.talk_seconds)}
          </dd>
          {leg.job_id && (
            <>
              <dt>Job</dt>
              <dd>{leg.job_id}</dd>
            </>
          )}
          <dt>Dialpad call</dt>
          <dd className="mono">{leg.dialpad_call_id}</dd>
        </dl>
        {leg.labels.length > 0 && (
          <div className="row">
            {leg.labels.map((label) => (
              <Chip key={label}>{label}</Chip>
            ))}
          </div>
        )}
        {leg.recording_url && (
          <div className="row">
            <Player label={`Recording of ${otherName(leg)}`} appId={appId} path={leg.recording_url} />
          </div>
        )}
        {recap.map(([name, value]) => (
          <p key={name}>
            <strong>{name.replaceAll('_', ' ')}: </strong>
            {typeof value === 'string' ? value : JSON.stringify(value)}
          </p>
        ))}
        {leg.transcript && (
          <details>
            <summary>Transcript</summary>
            <p>{leg.transcript}</p>
          </details>
        )}
      </div>
    </Panel>
  )
}
