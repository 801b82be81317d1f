import { expect, test } from 'bun:test'
import type { z } from 'zod'
import type { Call as ServerCall, TimelineEntry } from '../../src/calls/model'
import type { CallStatus } from '../../src/lib/call-status'
import type { Message as ServerMessage } from '../../src/messages/model'
import type { Call, Message, TimelineState, Voicemail } from '../../src/sdk/records'
import type { Voicemail as ServerVoicemail } from '../../src/voicemails/model'

/** `true` when whatever the server answers is what the kit says it is: `tsc` refuses this file when they drift apart. */
type Holds<Server, Kit> = Server extends Kit ? true : { missing: Exclude<keyof Kit, keyof Server> }

const calls: Holds<z.infer<typeof ServerCall>, Call> = true
const statuses: Holds<CallStatus, Call['status']> = true
const messages: Holds<z.infer<typeof ServerMessage>, Message> = true
const voicemails: Holds<z.infer<typeof ServerVoicemail>, Voicemail> = true
const states: Holds<z.infer<typeof TimelineEntry>, TimelineState> = true

test("the kit's records are the server's answers", () => {
  expect([calls, statuses, messages, voicemails, states]).toEqual([true, true, true, true, true])
})
