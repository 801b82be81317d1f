import { useQuery } from '@tanstack/react-query'
import type { Voicemail } from '../../sdk/records'
import { appApi, read, type Schemas } from '../api'
import { type App, useApps } from '../apps'
import { CallBack } from '../call-back'
import { CustomerLink, otherName, otherNumber, Player, StatusChip, userName } from '../call-parts'
import { duration, number, when } from '../format'
import { Link, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { Chip, Loading, PageHead, Panel, Problem } from '../ui'
import { Copyable, Id, Time } from '../values'
import { Recap, Transcript } from './recap'
import { type CallWithTimeline, Legend, TimeLine } from './timeline'

type Conversation = Schemas['Conversation']

export function ConversationPage() {
  const { app } = useApps()
  const id = usePlace().path.split('/')[1] ?? ''
  return app ? <ConversationOf app={app} id={id} /> : <NoApp title="Call" />
}

function ConversationOf({ app, id }: { app: App; id: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['calls', app.app_id, 'conversation', id],
    queryFn: () => load(app.app_id, id),
  })
  if (!data)
    return (
      <>
        <PageHead title="Call" />
        {error ? (
          <>
            <Problem error={error} retry={() => void refetch()} />
            <p>
              <Link to="calls">Back to the calls</Link>
            </p>
          </>
        ) : (
          <Loading />
        )}
      </>
    )
  const { conversation, voicemails } = data
  return (
    <>
      <PageHead
        title={otherName(conversation)}
        actions={
          <>
            <CallBack
              appId={app.app_id}
              to={otherNumber(conversation)}
              name={otherName(conversation)}
              customerId={conversation.customer_id}
            />
            <Link className="button" to="calls">
              All calls
            </Link>
          </>
        }
      >
        {conversation.direction === 'inbound' ? 'Incoming from' : 'Outgoing to'} {number(otherNumber(conversation))},{' '}
        {when(conversation.started_at)}
      </PageHead>
      <Summary conversation={conversation} />
      <Audio appId={app.app_id} legs={conversation.calls} voicemails={voicemails} />
      <Panel title="Timeline" actions={<Legend />}>
        <div className="panel-body">
          <TimeLine legs={conversation.calls} />
        </div>
      </Panel>
      <Recaps legs={conversation.calls} />
      <div className="columns">
        {conversation.calls.map((leg) => (
          <LegPanel key={leg.id} leg={leg} />
        ))}
      </div>
    </>
  )
}

async function load(appId: string, id: string): Promise<{ conversation: Conversation; voicemails: Voicemail[] }> {
  const api = appApi(appId)
  const { conversation } = await read(api.GET('/api/conversations/{id}', { params: { path: { id } } }))
  const left = await Promise.all(
    conversation.calls.map(({ dialpad_call_id }) =>
      read(api.GET('/api/voicemails', { params: { query: { dialpad_call_id } } })),
    ),
  )
  return { conversation, voicemails: left.flatMap(({ voicemails }) => voicemails) }
}

function Summary({ conversation }: { conversation: Conversation }) {
  const figures: [title: string, value: string][] = [
    ['Waited', duration(conversation.waited_seconds)],
    ['Talked', duration(conversation.answered_at === null ? null : conversation.talk_seconds)],
    ['On hold', duration(conversation.hold_seconds)],
    ['Length', duration(conversation.duration_seconds)],
  ]
  const other = otherNumber(conversation)
  return (
    <>
      <dl className="tiles">
        <div>
          <dt>Status</dt>
          <dd>
            <StatusChip status={conversation.status} />
          </dd>
        </div>
        {figures.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Panel>
        <div className="panel-body">
          <dl className="facts">
            <dt>Customer</dt>
            <dd>
              {conversation.customer?.name ?? '–'}{' '}
              {conversation.customer_id && <Id value={conversation.customer_id} label="the customer id" />}{' '}
              <CustomerLink call={conversation} />
            </dd>
            <dt>Number</dt>
            <dd>{other ? <Copyable value={other} shown={number(other)} label="the number" /> : 'Unknown'}</dd>
            <dt>Answered by</dt>
            <dd>
              {conversation.answered_at
                ? userName(conversation)
                : conversation.outcome === 'open'
                  ? 'Not yet'
                  : 'Nobody'}
            </dd>
            <dt>Started</dt>
            <dd>
              <Time at={conversation.started_at} />
            </dd>
            {conversation.ended_at && (
              <>
                <dt>Ended</dt>
                <dd>
                  <Time at={conversation.ended_at} />
                </dd>
              </>
            )}
            {conversation.job_id && (
              <>
                <dt>Job</dt>
                <dd>
                  <Id value={conversation.job_id} label="the job" />
                </dd>
              </>
            )}
            <dt>Conversation id</dt>
            <dd>
              <Id value={conversation.id} label="the conversation id" />
            </dd>
          </dl>
        </div>
      </Panel>
    </>
  )
}

/** Recordings of the legs, and voicemails. */
function Audio({ appId, legs, voicemails }: { appId: string; legs: CallWithTimeline[]; voicemails: Voicemail[] }) {
  const recorded = legs.flatMap((leg) => (leg.recording_url === null ? [] : [{ leg, path: leg.recording_url }]))
  if (recorded.length === 0 && voicemails.length === 0) return null
  return (
    <Panel
      title={voicemails.length === 0 ? 'Recording' : recorded.length === 0 ? 'Voicemail' : 'Recording and voicemail'}
    >
      <div className="panel-body">
        {recorded.map(({ leg, path }) => (
          <div className="stack" key={leg.id}>
            {recorded.length > 1 && <h3>{userName(leg)}</h3>}
            <Player appId={appId} path={path} label={`Play the recording of ${userName(leg)}`} />
          </div>
        ))}
        {voicemails.map((voicemail) => (
          <div className="stack" key={voicemail.id}>
            {voicemail.recording_url && (
              <Player
                appId={appId}
                path={voicemail.recording_url}
                label={`Play the voicemail of ${duration(voicemail.duration_seconds)}`}
              />
            )}
            <Transcript text={voicemail.transcript} none="This voicemail has no transcript." />
          </div>
        ))}
      </div>
    </Panel>
  )
}

function Recaps({ legs }: { legs: CallWithTimeline[] }) {
  const described = legs.filter(({ recap, transcript }) => recap !== null || transcript !== null)
  return described.map((leg) => (
    <Panel key={leg.id} title={described.length > 1 ? `Recap: ${userName(leg)}` : 'Recap'}>
      <div className="panel-body">
        {leg.recap && <Recap recap={leg.recap} />}
        {leg.transcript && (
          <details>
            <summary>Transcript</summary>
            <Transcript text={leg.transcript} none="" />
          </details>
        )}
      </div>
    </Panel>
  ))
}

function LegPanel({ leg }: { leg: CallWithTimeline }) {
  return (
    <Panel title={userName(leg) === '–' ? 'Leg' : userName(leg)} actions={<StatusChip status={leg.status} />}>
      <div className="panel-body">
        <dl className="facts">
          <dt>From</dt>
          <dd>{number(leg.from_number)}</dd>
          <dt>To</dt>
          <dd>{number(leg.to_number)}</dd>
          <dt>Started</dt>
          <dd>
            <Time at={leg.started_at} />
          </dd>
          <dt>Length</dt>
          <dd>
            {duration(leg.duration_seconds)}, talked {duration(leg.talk_seconds)}
          </dd>
          <dt>Dialpad call id</dt>
          <dd>
            <Id value={leg.dialpad_call_id} label="the Dialpad call id" />
          </dd>
        </dl>
        {leg.labels.length > 0 && (
          <div className="row">
            {leg.labels.map((label) => (
              <Chip key={label}>{label.replaceAll('_', ' ')}</Chip>
            ))}
          </div>
        )}
      </div>
    </Panel>
  )
}
