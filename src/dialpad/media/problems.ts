import { DomainError } from '../../lib/errors'
import { DialpadApiError } from '../client/dialpad-api-error'
import type { MediaSource } from './sources'

export const SIGN_IN =
  'Only users signed in to Dialpad can open this recording. Open the call in Dialpad, or grant the scope recordings_export to the API key or connection.'

export const notFound = (detail: string) => new DomainError('recording_not_found', detail)

/** Prefers temporary errors and missing permissions to "not found", because the client can fix or retry them. */
export function worstOf(problems: DomainError[], sources: MediaSource[]): DomainError {
  const withCode = (code: string) => problems.find((problem) => problem.code === code)
  const found =
    withCode('dialpad_not_connected') ??
    withCode('dialpad_unavailable') ??
    withCode('dialpad_rate_limited') ??
    withCode('dialpad_unauthorized')
  if (found) return found
  const known = sources.some(({ url, share }) => url !== null || share !== null)
  if (!known) return notFound('The call has no recording, or Dialpad is still processing it.')
  return problems.find(({ code, detail }) => code === 'recording_not_found' && detail !== SIGN_IN) ?? notFound(SIGN_IN)
}

/** @throws what the status of a response means, except for media. */
export async function refuse(response: Response): Promise<never> {
  const { status, headers } = response
  await response.body?.cancel()
  if (status === 416) {
    const range = headers.get('content-range')
    throw new DomainError(
      'range_not_satisfiable',
      'The requested range is outside of the recording.',
      range ? { headers: { 'content-range': range } } : {},
    )
  }
  if (status === 404 || status === 410)
    throw new DomainError('recording_not_found', 'Dialpad has deleted the recording.')
  if (status === 401 || status === 403)
    throw new DialpadApiError(
      'dialpad_unauthorized',
      'Dialpad denied access to the recording. Check the scope recordings_export.',
      status,
    )
  throw new DialpadApiError('dialpad_unavailable', `Dialpad responded with ${status}. Try again later.`, status)
}
