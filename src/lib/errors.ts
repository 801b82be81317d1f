/** All error codes, each with its HTTP status and title. */
export const ERROR_CODES = {
  api_key_missing: [401, 'API key missing'],
  api_key_invalid: [401, 'API key invalid'],
  admin_credentials_missing: [401, 'Admin credentials missing'],
  admin_credentials_invalid: [401, 'Admin credentials invalid'],
  token_invalid: [401, 'Token invalid'],
  signature_invalid: [401, 'Signature invalid'],
  app_inactive: [403, 'App inactive'],
  scope_missing: [403, 'Not allowed'],
  https_required: [403, 'HTTPS required'],
  route_not_found: [404, 'Not found'],
  app_not_found: [404, 'App not found'],
  call_not_found: [404, 'Call not found'],
  conversation_not_found: [404, 'Conversation not found'],
  message_not_found: [404, 'Message not found'],
  voicemail_not_found: [404, 'Voicemail not found'],
  customer_not_found: [404, 'Customer not found'],
  mapping_not_found: [404, 'Mapping not found'],
  webhook_not_found: [404, 'Webhook not found'],
  subscription_not_found: [404, 'Subscription not found'],
  endpoint_not_found: [404, 'Endpoint not found'],
  delivery_not_found: [404, 'Delivery not found'],
  event_not_found: [404, 'Event not found'],
  key_not_found: [404, 'No active API key'],
  backup_not_found: [404, 'Backup not found'],
  method_not_allowed: [405, 'Method not allowed'],
  conflict: [409, 'Conflict'],
  request_in_progress: [409, 'Request in progress'],
  idempotency_key_reused: [422, 'Idempotency key reused'],
  body_too_large: [413, 'Body too large'],
  unsupported_media_type: [415, 'Unsupported media type'],
  body_malformed: [400, 'Body malformed'],
  validation_failed: [422, 'Validation failed'],
  cursor_invalid: [422, 'Cursor invalid'],
  upgrade_required: [426, 'Upgrade required'],
  rate_limited: [429, 'Too many requests'],
  internal_error: [500, 'Internal error'],
  public_url_missing: [409, 'Public URL missing'],
  dialpad_not_connected: [409, 'Dialpad not connected'],
  dialpad_oauth_not_configured: [409, 'Dialpad OAuth not configured'],
  dialpad_connection_not_found: [404, 'Connection not found'],
  dialpad_unauthorized: [502, 'Dialpad rejected the credentials'],
  dialpad_refused: [422, 'Dialpad rejected the request'],
  dialpad_rate_limited: [429, 'Dialpad rate limit reached'],
  dialpad_unavailable: [502, 'Dialpad unavailable'],
  connect_link_invalid: [401, 'Connect link invalid'],
  oauth_state_invalid: [400, 'OAuth state invalid'],
  oauth_code_invalid: [400, 'OAuth code invalid'],
  oauth_denied: [403, 'Consent denied'],
  recording_not_found: [404, 'Recording not found'],
  range_not_satisfiable: [416, 'Range not satisfiable'],
  database_unavailable: [503, 'Database unavailable'],
  secret_unreadable: [503, 'Secret cannot be decrypted'],
  not_ready: [503, 'Not ready'],
} as const satisfies Record<string, readonly [status: number, title: string]>

export type ErrorCode = keyof typeof ERROR_CODES

/** An invalid field. `path` is such as `customers.3.phones.0`, `message` is phrased to follow it. */
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
    /** What happened and how to fix it, for the client. */
    readonly detail: string,
    /** Invalid fields, and headers of the response such as `retry-after`. */
    readonly extra: { errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(detail)
    this.name = 'DomainError'
  }
  get status(): number {
    return ERROR_CODES[this.code][0]
  }
  get title(): string {
    return ERROR_CODES[this.code][1]
  }
}
