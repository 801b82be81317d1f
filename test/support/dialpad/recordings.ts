import { randomBytes } from 'node:crypto'
import { answer, int64, Refused } from './answer'
import type { Route } from './routing'
import type { CallRecord, Media, Recording, RecordingType, State } from './state'

export interface NewRecording {
  bytes: Uint8Array<ArrayBuffer>
  type?: string
  recordingType?: RecordingType
  /** As with an administrator's recordings, only a signed-in browser may have the audio; `token` unless given. */
  access?: Media['access']
  /** What `POST /recordingsharelink` gives a link to; `none` refuses. `audio` unless given. */
  shared?: 'audio' | 'page' | 'none'
}

/** Where each type is served. */
const FOLDERS: Record<RecordingType, string> = {
  callrecording: 'callrecording',
  admincallrecording: 'adminrecording',
  voicemail: 'voicemail',
}
const DURATION_MS = 8000

/** Adds a recording to a call and serves it. */
export function addRecording(state: State, call: CallRecord, recording: NewRecording): Recording {
  const { bytes, type = 'audio/mpeg', recordingType = 'callrecording', access = 'token', shared = 'audio' } = recording
  const id = String(state.nextId())
  const path = `/blob/${FOLDERS[recordingType]}/${id}.mp3`
  state.media.set(path, { bytes, type, access })
  if (shared !== 'none') state.shareable.set(id, shared)
  const url = `${state.url}${path}`
  const added = { id, url, duration: DURATION_MS, start_time: state.clock(), recording_type: recordingType }
  call.recording_details = [...call.recording_details, added]
  return added
}

interface NewShareLink {
  recording_id: string
  recording_type: RecordingType
  privacy?: 'admin' | 'company' | 'owner' | 'public'
}

/** `POST /recordingsharelink`: another address of a recording, which may lead to a page that plays it. */
export const shareLinkRoutes = (state: State): Route[] => [
  [
    'POST /api/v2/recordingsharelink',
    ({ body }) => {
      const { recording_id, recording_type, privacy = 'owner' } = body as NewShareLink
      const isIt = (one: Recording) => one.id === recording_id && one.recording_type === recording_type
      const call = [...state.calls.values()].find(({ recording_details }) => recording_details.some(isIt))
      const shared = state.shareable.get(recording_id)
      if (!call || !shared) throw new Refused(404, `recording ${recording_id} not found`)
      const original = state.media.get(new URL(call.recording_details.find(isIt)!.url).pathname)!
      const id = randomBytes(24).toString('base64url')
      const path = `/recording/${recording_type}/${id}`
      const access = shared === 'page' ? 'page' : privacy === 'public' ? 'public' : 'token'
      state.media.set(path, { ...original, access })
      return answer({
        id,
        access_link: `${state.url}${path}`,
        call_id: int64(call.call_id),
        created_by_id: int64(state.users[0]!.id),
        date_added: new Date(state.clock()).toISOString().slice(0, -1),
        item_id: recording_id,
        privacy,
        type: recording_type,
      })
    },
  ],
]
