import type { components } from './api.generated'

/** Response types of the OpenAPI document. */
export type Schemas = components['schemas']

export type Call = Schemas['Call']
export type CallStatus = Call['status']

export type CustomerRef = Schemas['CustomerRef']
export type TimelineState = Schemas['CallWithTimeline']['timeline'][number]
export type Message = Schemas['Message']
export type Voicemail = Schemas['Voicemail']
export type Customer = Schemas['Customer']
export type Pagination = Schemas['Pagination']
export type Party = Schemas['Party']
export type PlaceCall = Schemas['PlaceCall']
export type TransferCall = Schemas['TransferCall']

/** One entry of the app's event stream. Narrow it by `event`. */
export type Entry = Schemas['StreamEntry']
/** The entry of one event, such as `EntryOf<'call.ended'>`. */
export type EntryOf<Event extends Entry['event']> = Extract<Entry, { event: Event }>
export type CallEntry = Extract<Entry, { event: `call.${string}` }>
export type MessageEntry = Extract<Entry, { event: `message.${string}` }>

/** Whether the entry is about a call, so that it has `call_id`, `id`, `status`, both numbers and more. */
export const isCallEntry = (entry: Entry): entry is CallEntry => entry.event.startsWith('call.')
