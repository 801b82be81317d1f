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

/** OAuth's own error codes (RFC 6749, section 5.2), the only messages of Dialpad that cannot contain personal data. */
const OAUTH_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
])

/** A failed request to Dialpad. `status` is the status of the response, or null without a readable response. */
export class DialpadApiError extends DomainError {
  override readonly name = 'DialpadApiError'
  /** @param message the detail for the log and for warnings, without Dialpad's message, which may contain personal data. */
  constructor(
    code: ErrorCode,
    detail: string,
    readonly dialpadStatus: number | null,
    extra: { headers?: Record<string, string>; cause?: unknown } = {},
    message = detail,
  ) {
    super(code, detail, extra)
    this.message = message
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
  const message = messageOf(body)
  const { code, explain, headers } = refusalOf(endpoint, status, retryAfter)
  const reason = message ? `: ${message}` : ''
  const publicReason = message !== null && OAUTH_ERRORS.has(message) ? reason : ''
  return new DialpadApiError(code, explain(reason), status, headers && { headers }, explain(publicReason))
}

interface Refusal {
  code: ErrorCode
  /** @param reason Dialpad's message after a colon, or nothing. */
  explain: (reason: string) => string
  headers?: Record<string, string>
}

function refusalOf(endpoint: string, status: number, retryAfter: string | null): Refusal {
  if (status === 401)
    return {
      code: 'dialpad_unauthorized',
      explain: (reason) =>
        `Dialpad rejected the credentials${reason}. Connect again, or check DIALPAD_API_KEY. A sandbox key works only in Dialpad's sandbox and a production key only in production: check NODE_ENV and DIALPAD_BASE_URL.`,
    }
  if (status === 403)
    return {
      code: 'dialpad_unauthorized',
      explain: (reason) => `Dialpad does not allow ${endpoint}${reason}. Check the scopes of the connection or key.`,
    }
  if (status === 429) {
    const seconds = retryAfter && /^\d+$/.test(retryAfter) ? retryAfter : '60'
    return {
      code: 'dialpad_rate_limited',
      explain: () => `Dialpad rate limit reached for ${endpoint}. Try again in ${seconds} s.`,
      headers: { 'retry-after': seconds },
    }
  }
  if (status < 500)
    return {
      code: 'dialpad_refused',
      explain: (reason) => `Dialpad rejected ${endpoint} with ${status}${reason}`,
    }
  return {
    code: 'dialpad_unavailable',
    explain: (reason) => `Dialpad responded to ${endpoint} with ${status}${reason}. Try again later.`,
  }
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
