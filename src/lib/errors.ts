/** All error codes, each with its HTTP status and title, ordered by status and then by code. */
export const ERROR_CODES = {
  body_malformed: [400, 'Body malformed'],
  oauth_code_invalid: [400, 'OAuth code invalid'],
  oauth_state_invalid: [400, 'OAuth state invalid'],
  admin_credentials_invalid: [401, 'Admin credentials invalid'],
  admin_credentials_missing: [401, 'Admin credentials missing'],
  api_key_invalid: [401, 'API key invalid'],
  api_key_missing: [401, 'API key missing'],
  connect_link_invalid: [401, 'Connect link invalid'],
  signature_invalid: [401, 'Signature invalid'],
  token_invalid: [401, 'Token invalid'],
  app_inactive: [403, 'App inactive'],
  https_required: [403, 'HTTPS required'],
  oauth_denied: [403, 'Consent denied'],
  scope_missing: [403, 'Not allowed'],
  app_not_found: [404, 'App not found'],
  backup_not_found: [404, 'Backup not found'],
  call_not_found: [404, 'Call not found'],
  conversation_not_found: [404, 'Conversation not found'],
  customer_not_found: [404, 'Customer not found'],
  delivery_not_found: [404, 'Delivery not found'],
  dialpad_connection_not_found: [404, 'Connection not found'],
  endpoint_not_found: [404, 'Endpoint not found'],
  event_not_found: [404, 'Event not found'],
  key_not_found: [404, 'No active API key'],
  mapping_not_found: [404, 'Mapping not found'],
  message_not_found: [404, 'Message not found'],
  recording_not_found: [404, 'Recording not found'],
  route_not_found: [404, 'Not found'],
  subscription_not_found: [404, 'Subscription not found'],
  voicemail_not_found: [404, 'Voicemail not found'],
  webhook_not_found: [404, 'Webhook not found'],
  method_not_allowed: [405, 'Method not allowed'],
  conflict: [409, 'Conflict'],
  dialpad_not_connected: [409, 'Dialpad not connected'],
  dialpad_oauth_not_configured: [409, 'Dialpad OAuth not configured'],
  public_url_missing: [409, 'Public URL missing'],
  request_in_progress: [409, 'Request in progress'],
  body_too_large: [413, 'Body too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  range_not_satisfiable: [416, 'Range not satisfiable'],
  cursor_invalid: [422, 'Cursor invalid'],
  dialpad_refused: [422, 'Dialpad rejected the request'],
  idempotency_key_reused: [422, 'Idempotency key reused'],
  validation_failed: [422, 'Validation failed'],
  upgrade_required: [426, 'Upgrade required'],
  dialpad_rate_limited: [429, 'Dialpad rate limit reached'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Internal error'],
  dialpad_unauthorized: [502, 'Dialpad rejected the credentials'],
  dialpad_unavailable: [502, 'Dialpad unavailable'],
  database_unavailable: [503, 'Database unavailable'],
  not_ready: [503, 'Not ready'],
  secret_unreadable: [503, 'Secret cannot be decrypted'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type ErrorCode = keyof typeof ERROR_CODES

/** An invalid field. `path` is, for example, `customers.3.phones.0`. `message` follows it in a sentence. */
export interface FieldError {
  path: string
  message: string
}

/**
 * A request that fails for a reason the client can see. `problem()` converts it to a response. Expected outcomes are data,
 * not errors: throw one only where the request cannot continue.
 */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    /** What happened and how to fix it, for the client. A log uses `message`, because a detail may quote personal data. */
    readonly detail: string,
    /** Invalid fields, and headers of the response such as `retry-after`. `cause` is only for the log. */
    readonly extra: { errors?: FieldError[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'DomainError'
  }
  get status(): number {
    return ERROR_CODES[this.code][0]
  }
  get title(): string {
    return ERROR_CODES[this.code][1]
  }
}
