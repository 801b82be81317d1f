export type DialpadErrorCode =
  | 'client_id_invalid'
  | 'already_initialized'
  | 'not_initialized'
  | 'iframe_missing'
  | 'not_authenticated'
  | 'login_timeout'
  | 'destroyed'
  | 'phone_number_invalid'
  | 'custom_data_too_long'
  | 'identity_invalid'

/** A failed Mini Dialer request. Its message may be shown to the user. */
export class DialpadError extends Error {
  constructor(
    readonly code: DialpadErrorCode,
    message: string,
  ) {
    super(message)
    this.name = 'DialpadError'
  }
}
