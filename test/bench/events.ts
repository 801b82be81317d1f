import { createHmac } from 'node:crypto'

export const WEBHOOK_SECRET = 'bench-webhook-secret-0123456789'
export const ADMIN_SECRET = 'bench-admin-secret-of-more-than-32-characters'

const base64 = (text: string) => Buffer.from(text).toString('base64url')
const HEADER = base64('{"alg":"HS256","typ":"JWT"}')

/** The compact JWT that Dialpad sends. */
export function sign(payload: object): string {
  const signed = `${HEADER}.${base64(JSON.stringify(payload))}`
  return `${signed}.${createHmac('sha256', WEBHOOK_SECRET).update(signed).digest('base64url')}`
}

let lastCallId = 4_700_000_000_000_000 + (Date.now() % 1_000_000_000) * 1000
export const nextCallId = () => ++lastCallId

/** A call event with everything Dialpad sends: about 1.4 kB of JSON. @param at ms since the epoch. */
export function callEvent(callId: number, state: string, at: number): Record<string, unknown> {
  const over = state === 'hangup'
  const party = (id: number, name: string, phone: string, type: string) => ({
    id,
    name,
    phone,
    type,
    email: `${type}@example.com`,
    office_id: 5_527_348_325_810_176,
  })
  return {
    call_id: callId,
    state,
    direction: 'inbound',
    event_timestamp: at,
    date_started: at - 2000,
    date_rang: at - 1500,
    date_connected: state === 'ringing' ? null : at - 1000,
    date_ended: over ? at : null,
    duration: over ? 61_000.4 : null,
    talk_time: over ? 60_000.2 : null,
    total_duration: over ? 62_000.1 : null,
    hold_time: null,
    external_number: `+1555${1_000_000 + (callId % 9_000_000)}`,
    internal_number: '+15555550105',
    contact: party(6_480_210_643_730_432 + (callId % 5000), 'Sample Caller', '+15555550109', 'local'),
    target: party(5_991_398_486_736_896 + (callId % 200), 'Avery Agent', '+15555550105', 'user'),
    group_id: 'Office:5527348325810176',
    labels: ['inbound'],
    csat_score: 'na',
    target_availability_status: 'open',
    was_recorded: false,
    is_transferred: false,
    ...Object.fromEntries(['entry_point_target', 'proxy_target', 'integrations'].map((name) => [name, {}])),
    ...Object.fromEntries(LISTS.map((name) => [name, []])),
    ...Object.fromEntries(NOTHINGS.map((name) => [name, null])),
  }
}

const LISTS = [
  'recording_details',
  'routing_breadcrumbs',
  'call_recording_share_links',
  'admin_call_recording_share_links',
  'csat_recording_urls',
  'csat_transcriptions',
  'screen_recording_urls',
]
const NOTHINGS = [
  'entry_point_call_id',
  'master_call_id',
  'operator_call_id',
  'mos_score',
  'voicemail_link',
  'voicemail_recording_id',
  'transcription_text',
  'callback_requested',
  'custom_data',
]

type Line = 'good' | 'forged' | 'repeated'
/** How many lines back a repeated one was first: a good one, and not under way any more. */
const REPEAT_BACK = 996
const REMEMBERED = 1000
/** What a line of mixed deliveries is: one in ten is forged, one in ten a good one again. */
export const mixedLine = (index: number): Line =>
  index % 10 === 3 ? 'forged' : index % 10 === 7 && index > REPEAT_BACK ? 'repeated' : 'good'

/** Writes signed events, one a line: four states of each call. @param lineOf what each line is. */
export async function writeEvents(
  path: string,
  count: number,
  lineOf: (index: number) => Line = () => 'good',
): Promise<void> {
  const file = Bun.file(path).writer()
  const begin = Date.now() - 600_000
  const recent: string[] = []
  for (let index = 0, callId = 0; index < count; index++) {
    if (index % 4 === 0) callId = nextCallId()
    const jwt = sign(callEvent(callId, ['ringing', 'connected', 'hold', 'hangup'][index % 4]!, begin + index))
    recent[index % REMEMBERED] = jwt
    const line = lineOf(index)
    if (line === 'good') file.write(`${jwt}\n`)
    else if (line === 'forged') file.write(`${jwt.slice(0, -43)}${'A'.repeat(43)}\n`)
    else file.write(`${recent[(index - REPEAT_BACK) % REMEMBERED]}\n`)
  }
  await file.end()
}
