import type { Calls } from './calls'
import { addRecording, type NewRecording } from './recordings'
import type { CallRecord, State, TranscriptLine } from './state'

export type CallPlayer = ReturnType<typeof createCallPlayer>

/** Plays one call: each step changes it and delivers its event. */
export function createCallPlayer(state: State, { step, hangup }: Pick<Calls, 'step' | 'hangup'>, call: CallRecord) {
  const later = () => Math.max(state.clock(), call.event_timestamp + 1)

  /** An event that comes beside the call's states and leaves its state as it was. */
  async function aside(event: string, changes: Partial<CallRecord> = {}): Promise<void> {
    const before = call.state
    await step(call, event, changes)
    call.state = before
  }

  return {
    id: call.call_id,
    record: call,
    ring: () => step(call, call.direction === 'inbound' ? 'ringing' : 'calling', { date_rang: state.clock() }),
    connect: () => step(call, 'connected', { date_connected: later() }),
    hold: () => step(call, 'hold'),
    hangup: () => hangup(call),
    miss: () => step(call, 'missed', { date_ended: state.clock() }),
    /** The call ends at Dialpad, but its `hangup` is never delivered. */
    loseHangup: () => void Object.assign(call, { state: 'hangup', date_ended: later(), event_timestamp: later() }),

    /** A recording that a bearer token may fetch becomes available. */
    recorded: (bytes: Uint8Array<ArrayBuffer>, type = 'audio/mpeg') => {
      call.recording_details = []
      addRecording(state, call, { bytes, type })
      return aside('recording', { was_recorded: true })
    },
    /** A recording of any kind; that of an administrator is for signed-in browsers unless said otherwise. */
    recordedAs(recording: NewRecording): Promise<void> {
      const isAdmins = recording.recordingType === 'admincallrecording'
      addRecording(state, call, isAdmins ? { access: 'redirect', ...recording } : recording)
      return aside(isAdmins ? 'admin_recording' : 'recording', { was_recorded: true })
    },
    /** The caller reaches voicemail, hangs up, and the message is uploaded. */
    async voicemail(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      await step(call, 'voicemail')
      await hangup(call)
      const { url } = addRecording(state, call, { bytes, recordingType: 'voicemail' })
      await aside('voicemail_uploaded', { voicemail_link: url })
    },
    /** The transcript is ready; its event comes without text unless `text` is given, and the lines can be fetched. */
    transcribed(lines: TranscriptLine[], text: string | null = null): Promise<void> {
      state.transcripts.set(call.call_id, lines)
      return aside('call_transcription', { transcription_text: text })
    },
    send: (callState: string, changes: Partial<CallRecord> = {}) => step(call, callState, changes),
  }
}
