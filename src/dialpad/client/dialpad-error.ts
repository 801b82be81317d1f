import { DomainError, type ErrorCode } from '../../lib/errors'
import { isFields, text } from '../../payload/fields'

/** What a request that needs Dialpad can end with. */
export const DIALPAD_CODES = [
  'dialpad_not_connected',
  'dialpad_refused',
  'dialpad_rate_limited',
  'dialpad_unauthorized',
  'dialpad_unavailable',
] as const satisfies ErrorCode[]

/** A request Dialpad did not serve. `status` is Dialpad's answer, or null when there was none that could be read. */
export class DialpadError extends DomainError {
  override readonly name = 'DialpadError'
  constructor(
    code: ErrorCode,
    detail: string,
    readonly dialpadStatus: number | null,
    headers?: Record<string, string>,
  ) {
    super(code, detail, headers ? { headers } : {})
  }
  /** Whether Dialpad certainly did nothing: false when the answer was lost on its way. */
  get refused(): boolean {
    return this.dialpadStatus !== null && this.dialpadStatus >= 400 && this.dialpadStatus < 500
  }
}

/** @param body what Dialpad said, of any form. */
export function dialpadRefusal(
  endpoint: string,
  status: number,
  body: string,
  retryAfter: string | null,
): DialpadError {
  const said = messageOf(body)
  const because = said ? `: ${said}` : ''
  if (status === 401)
    return new DialpadError(
      'dialpad_unauthorized',
      `Dialpad does not accept the credentials${because}. Connect again, or check DIALPAD_API_KEY. A key of Dialpad's sandbox works only there, and one of production only in production: NODE_ENV or DIALPAD_BASE_URL says which is asked.`,
      status,
    )
  if (status === 403)
    return new DialpadError(
      'dialpad_unauthorized',
      `Dialpad does not allow ${endpoint}${because}. Check the scopes of the connection or key.`,
      status,
    )
  if (status === 429) {
    const seconds = retryAfter && /^\d+$/.test(retryAfter) ? retryAfter : '60'
    return new DialpadError(
      'dialpad_rate_limited',
      `Dialpad has had too many requests (${endpoint}); try again in ${seconds} s.`,
      status,
      { 'retry-after': seconds },
    )
  }
  if (status < 500)
    return new DialpadError('dialpad_refused', `Dialpad refused ${endpoint} with ${status}${because}`, status)
  return new DialpadError(
    'dialpad_unavailable',
    `Dialpad answered ${endpoint} with ${status}${because}; try again later.`,
    status,
  )
}

/** The message in an error body of unknown form: Dialpad documents none, and a proxy may answer HTML. */
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
