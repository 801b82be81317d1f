/** All events of the stream. */
export const EVENT_NAMES = [
  'call.ring',
  'call.started',
  'call.held',
  'call.resumed',
  'call.ended',
  'call.missed',
  'call.rejected',
  'call.voicemail',
  'call.recording.completed',
  'call.transcript',
  'call.recap',
  'call.updated',
  'voicemail.received',
  'message.received',
  'message.sent',
  'message.updated',
  'agent.status',
] as const

export type EventName = (typeof EVENT_NAMES)[number]
