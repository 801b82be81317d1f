import type { CallRow } from '../../calls/store'
import type { VoicemailRow } from '../../voicemails/store'

/** Recordings for administrators. Dialpad redirects API clients to the login page. */
const SIGNED_IN_ONLY = /^\/blob\/adminrecording\//

/** A recording, from events. */
export interface MediaSource {
  url: string | null
  /** Id to request a share link with. */
  share: { id: string; type: string } | null
}

export const recordingOf = (call: Pick<CallRow, 'recordingSourceUrl' | 'learned'>): MediaSource => ({
  url: call.recordingSourceUrl,
  share: call.learned?.recording ?? null,
})
export const messageOf = (voicemail: Pick<VoicemailRow, 'recordingSourceUrl' | 'learned'>): MediaSource => ({
  url: voicemail.recordingSourceUrl,
  share: voicemail.learned?.recordingId ? { id: voicemail.learned.recordingId, type: 'voicemail' } : null,
})

export function isSignedInOnly(address: string, baseUrl: string): boolean {
  return URL.canParse(address, baseUrl) && SIGNED_IN_ONLY.test(new URL(address, baseUrl).pathname)
}
