import { ERROR_CODES, type ErrorCode } from '../../lib/errors'

const MISSING: [RegExp, ErrorCode[]][] = [
  [/^\/internal\/apps\/\{app_id\}/, ['app_not_found']],
  [/api-key\/revoke$/, ['key_not_found']],
  [/\/users\/mappings\//, ['mapping_not_found']],
  [/\/recording$|\/audio$/, ['recording_not_found']],
  [/^\/api\/calls\/\{id\}/, ['call_not_found']],
  [/\/conversations\//, ['conversation_not_found']],
  [/\/messages\/\{id\}/, ['message_not_found']],
  [/\/voicemails\/\{id\}/, ['voicemail_not_found']],
  [/\/customers\//, ['customer_not_found']],
  [/\/internal\/events\/\{id\}/, ['event_not_found']],
  [/\/subscriptions\/\{/, ['subscription_not_found']],
  [/\/webhooks\/(dialpad\/)?\{/, ['webhook_not_found']],
  [/\/connections\/\{id\}/, ['dialpad_connection_not_found']],
]
const CREDENTIALS: Record<string, ErrorCode[]> = {
  adminSecret: ['admin_credentials_missing', 'admin_credentials_invalid'],
  appApiKey: ['api_key_missing', 'api_key_invalid', 'token_invalid'],
}
const BY_STATUS: Partial<Record<number, ErrorCode[]>> = {
  400: ['body_malformed'],
  403: ['scope_missing', 'app_inactive'],
  409: ['conflict'],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  422: ['validation_failed'],
  429: ['rate_limited'],
  500: ['internal_error'],
  503: ['database_unavailable'],
}

/** The codes an operation's problem of this status may carry, the likeliest first. @param more codes it may answer besides. */
export function codesOf(status: number, path: string, scheme: string | undefined, more: ErrorCode[]): ErrorCode[] {
  if (status === 401) {
    if (path.startsWith('/webhooks')) return ['signature_invalid']
    if (scheme) return CREDENTIALS[scheme] ?? []
  }
  if (status === 404) {
    const codes = MISSING.filter(([pattern]) => pattern.test(path)).flatMap(([, found]) => found)
    const found = codes.length > 0 ? codes.reverse() : (['app_not_found'] as const)
    return [...found, ...more.filter((code) => ERROR_CODES[code][0] === 404)]
  }
  const known = BY_STATUS[status]
  const added = more.filter((code) => ERROR_CODES[code][0] === status)
  if (known) return [...new Set([...known, ...added])]
  return (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code][0] === status)
}
