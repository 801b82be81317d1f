/** All call states that Dialpad supports in subscriptions. */
export const CALL_STATES = [
  'admin',
  'admin_recording',
  'ai_playbook',
  'all',
  'barge',
  'blocked',
  'call_transcription',
  'calling',
  'connected',
  'csat',
  'dispositions',
  'eavesdrop',
  'hangup',
  'hold',
  'merged',
  'missed',
  'monitor',
  'parked',
  'pcsat',
  'postcall',
  'preanswer',
  'queued',
  'recap_action_items',
  'recap_outcome',
  'recap_purposes',
  'recap_summary',
  'recording',
  'ringing',
  'takeover',
  'transcription',
  'voicemail',
  'voicemail_uploaded',
] as const

export type CallState = (typeof CALL_STATES)[number]

/** Default call states of a webhook: all that change a call, its recording, voicemail, transcript or recap. */
export const DEFAULT_CALL_STATES: CallState[] = CALL_STATES.filter(
  (state) => !['admin', 'all', 'ai_playbook', 'barge', 'eavesdrop', 'monitor'].includes(state),
)

export const TARGET_TYPES = [
  'callcenter',
  'callrouter',
  'channel',
  'coachinggroup',
  'coachingteam',
  'department',
  'office',
  'room',
  'staffgroup',
  'user',
] as const
