/** Scenarios as events in Dialpad's wire format. */

interface Scenario {
  title: string
  events: { afterMs: number; says: string; payload: Record<string, unknown> }[]
}

const SIMULATED_USER_ID = 5_991_398_486_736_896
const AGENT = {
  id: SIMULATED_USER_ID,
  type: 'user',
  name: 'Avery Agent',
  email: 'avery@example.com',
  phone: '+15555550105',
  office_id: 5_527_348_325_810_176,
}
const CALL_CENTER = {
  id: 6_111_222_333_444_555,
  type: 'call_center',
  name: 'Support',
  email: '',
  phone: '+15555550187',
}
const CALLER = {
  id: 6_480_210_643_730_432,
  type: 'local',
  name: 'Casey Customer',
  email: 'casey@example.com',
  phone: '+15555550109',
}

/** Returns a new 16-digit id, like Dialpad's. */
const makeId = () => 5_000_000_000_000_000 + Math.floor(Math.random() * 2_000_000_000_000_000)

interface ScriptedLeg {
  callId: number
  startedAt: number
  target: typeof AGENT | typeof CALL_CENTER
  links?: Record<string, number>
  custom?: string
}

function callEvent(
  leg: ScriptedLeg,
  state: string,
  at: number,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    call_id: leg.callId,
    state,
    direction: 'inbound',
    event_timestamp: at,
    date_started: leg.startedAt,
    date_first_rang: null,
    date_connected: null,
    date_ended: null,
    duration: null,
    talk_time: null,
    external_number: CALLER.phone,
    internal_number: leg.target.phone,
    contact: CALLER,
    target: leg.target,
    master_call_id: null,
    entry_point_call_id: null,
    operator_call_id: null,
    is_transferred: false,
    was_recorded: false,
    recording_details: [],
    labels: [],
    ...(leg.custom ? { custom_data: leg.custom } : {}),
    ...leg.links,
    ...more,
  }
}

/** Builds events `stepMs` apart, each with the time to send it. */
function timeline(startedAt: number, stepMs: number) {
  const events: Scenario['events'] = []
  let at = startedAt
  return {
    events,
    add(says: string, make: (at: number) => Record<string, unknown>): number {
      at += stepMs
      events.push({ afterMs: stepMs, says, payload: make(at) })
      return at
    },
  }
}

/** @param stepMs time between two events, in ms. @param now ms since the epoch. */
function callScenario(stepMs: number, now: number): Scenario {
  const custom = JSON.stringify({ customerId: 'cust_123', customerName: 'Casey Customer', jobId: 'job_456' })
  const leg: ScriptedLeg = { callId: makeId(), startedAt: now, target: AGENT, custom }
  const { events, add } = timeline(now, stepMs)
  const rang = add('rings', (at) => callEvent(leg, 'ringing', at, { date_first_rang: at }))
  const answered = add('is answered', (at) =>
    callEvent(leg, 'connected', at, { date_first_rang: rang, date_connected: at }),
  )
  const talking = { date_first_rang: rang, date_connected: answered }
  const held = add('is put on hold', (at) => callEvent(leg, 'hold', at, talking))
  const resumed = add('is resumed', (at) => callEvent(leg, 'connected', at, talking))
  const over = (at: number) => ({
    ...talking,
    date_ended: at,
    duration: at - answered,
    total_duration: at - now,
    talk_time: at - answered,
    hold_time: resumed - held,
  })
  const ended = add('ends', (at) => callEvent(leg, 'hangup', at, over(at)))
  const recording = {
    id: makeId(),
    url: 'https://dialpad.com/blob/callrecording/example.mp3',
    duration: ended - answered,
    start_time: answered,
    recording_type: 'callrecording',
  }
  add('has a recording', (at) =>
    callEvent(leg, 'recording', at, { ...over(ended), was_recorded: true, recording_details: [recording] }),
  )
  return { title: 'an inbound call', events }
}

function voicemailScenario(stepMs: number, now: number): Scenario {
  const leg: ScriptedLeg = { callId: makeId(), startedAt: now, target: AGENT }
  const { events, add } = timeline(now, stepMs)
  const rang = add('rings, nobody answers', (at) => callEvent(leg, 'ringing', at, { date_first_rang: at }))
  add('reaches voicemail', (at) => callEvent(leg, 'voicemail', at, { date_first_rang: rang }))
  const ended = add('ends', (at) =>
    callEvent(leg, 'hangup', at, { date_first_rang: rang, date_ended: at, duration: 0, total_duration: at - now }),
  )
  add('leaves a message', (at) =>
    callEvent(leg, 'voicemail_uploaded', at, {
      date_ended: ended,
      voicemail_link: 'https://dialpad.com/blob/voicemail/example.mp3',
      recording_details: [
        {
          id: makeId(),
          url: 'https://dialpad.com/blob/voicemail/example.mp3',
          duration: 7000.5,
          start_time: ended,
          recording_type: 'voicemail',
        },
      ],
      transcription_text: 'Hello, please call me back.',
    }),
  )
  return { title: 'a voicemail', events }
}

/** One conversation with three legs: the call center's, the first agent's, and the second agent's after a transfer. */
function callCenterScenario(stepMs: number, now: number): Scenario {
  const [groupId, firstId, secondId] = [makeId(), makeId(), makeId()]
  const group: ScriptedLeg = { callId: groupId, startedAt: now, target: CALL_CENTER }
  const first: ScriptedLeg = { callId: firstId, startedAt: now, target: AGENT, links: { entry_point_call_id: groupId } }
  const colleague = {
    ...AGENT,
    id: AGENT.id + 1,
    name: 'Blake Agent',
    email: 'blake@example.com',
    phone: '+15555550106',
  }
  const second: ScriptedLeg = {
    callId: secondId,
    startedAt: now,
    target: colleague,
    links: { entry_point_call_id: groupId },
  }
  const { events, add } = timeline(now, stepMs)
  add('call center: is queued', (at) => callEvent(group, 'queued', at))
  const rang = add("first agent's leg rings", (at) => callEvent(first, 'ringing', at, { date_first_rang: at }))
  const connected = { date_first_rang: rang, date_connected: rang + stepMs }
  add("first agent's leg is answered", (at) => callEvent(first, 'connected', at, connected))
  add('call center: is connected', (at) =>
    callEvent(group, 'connected', at, { ...connected, operator_call_id: firstId }),
  )
  const handed = add('is transferred to a colleague', (at) =>
    callEvent(second, 'connected', at, { date_connected: at, is_transferred: true }),
  )
  add("first agent's leg ends", (at) =>
    callEvent(first, 'hangup', at, {
      ...connected,
      is_transferred: true,
      date_ended: at,
      duration: handed - connected.date_connected,
    }),
  )
  const ended = add("colleague's leg ends", (at) =>
    callEvent(second, 'hangup', at, {
      date_connected: handed,
      is_transferred: true,
      date_ended: at,
      duration: at - handed,
    }),
  )
  add('call center: ends', (at) =>
    callEvent(group, 'hangup', at, {
      ...connected,
      operator_call_id: firstId,
      date_ended: ended,
      duration: ended - connected.date_connected,
    }),
  )
  return { title: 'a call center call with three legs', events }
}

function messageScenario(stepMs: number, now: number): Scenario {
  const { events, add } = timeline(now, stepMs)
  const id = makeId()
  add('arrives', (at) => ({
    id,
    created_date: now,
    event_timestamp: at,
    direction: 'inbound',
    from_number: CALLER.phone,
    to_number: [AGENT.phone],
    text: 'Is somebody there?',
    text_content: 'Is somebody there?',
    mms: false,
    mms_url: null,
    is_internal: false,
    sender_id: null,
    message_status: 'pending',
    message_delivery_result: null,
    contact: { id: CALLER.id, name: CALLER.name, phone_number: CALLER.phone },
    target: { id: AGENT.id, type: 'user', name: AGENT.name, phone_number: '(555) 555-0105' },
    admins: [],
  }))
  return { title: 'an SMS', events }
}

export const SCENARIOS = {
  call: callScenario,
  voicemail: voicemailScenario,
  'call-center': callCenterScenario,
  sms: messageScenario,
}

export type ScenarioName = keyof typeof SCENARIOS
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as [ScenarioName, ...ScenarioName[]]
