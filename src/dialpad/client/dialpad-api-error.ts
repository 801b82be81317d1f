import { DomainError, type ErrorCode } from '../../lib/errors'
import { isFields, text } from '../../payload/fields'

/** The error codes of a request to Dialpad. */
export const DIALPAD_CODES = [
  'dialpad_not_connected',
  'dialpad_refused',
  'dialpad_rate_limited',
  'dialpad_unauthorized',
  'dialpad_unavailable',
] as const satisfies ErrorCode[]

/** A failed request to Dialpad. `status` is the status of the response, or null without a readable response. */
export class DialpadApiError extends DomainError {
  override readonly name = 'DialpadApiError'
  constructor(
    code: ErrorCode,
    detail: string,
    readonly dialpadStatus: number | null,
    headers?: Record<string, string>,
  ) {
    super(code, detail, headers ? { headers } : {})
  }
  /** Whether Dialpad certainly did not process the request. False if the response was lost. */
  get refused(): boolean {
    return this.dialpadStatus !== null && this.dialpadStatus >= 400 && this.dialpadStatus < 500
  }
}

/** @param body the body of the response, in any format. */
export function dialpadRefusal(
  endpoint: string,
  status: number,
  body: string,
  retryAfter: string | null,
): DialpadApiError {
  const said = messageOf(body)
  const because = said ? `: ${said}` : ''
  if (status === 401)
    return new DialpadApiError(
      'dialpad_unauthorized',
      `Dialpad rejected the credentials${because}. Connect again, or check DIALPAD_API_KEY. A sandbox key works only in Dialpad's sandbox and a production key only in production: check NODE_ENV and DIALPAD_BASE_URL.`,
      status,
    )
  if (status === 403)
    return new DialpadApiError(
      'dialpad_unauthorized',
      `Dialpad does not allow ${endpoint}${because}. Check the scopes of the connection or key.`,
      status,
    )
  if (status === 429) {
    const seconds = retryAfter && /^\d+$/.test(retryAfter) ? retryAfter : '60'
    return new DialpadApiError(
      'dialpad_rate_limited',
      `Dialpad rate limit reached for ${endpoint}. Try again in ${seconds} s.`,
      status,
      { 'retry-after': seconds },
    )
  }
  if (status < 500)
    return new DialpadApiError('dialpad_refused', `Dialpad rejected ${endpoint} with ${status}${because}`, status)
  return new DialpadApiError(
    'dialpad_unavailable',
    `Dialpad responded to ${endpoint} with ${status}${because}. Try again later.`,
    status,
  )
}

/** Extracts the message from an error body. Dialpad does not document its format, and a proxy may send HTML. */
function messageOf(body: string): string | null {
  const json = parsed(body)
  if (!isFields(json)) return null
  const inner = isFields(json.error) ? json.error : json
  const message = text(inner, 'message', 'error_description', 'error', 'detail')
  return message ? message.replace(/\s+/g, ' ').slice(0, 200) : null
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
