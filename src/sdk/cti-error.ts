/**
 * A problem response of the server (RFC 9457). `status` is 0 without a response. `code` is then `network`, or
 * `cors_origin_missing` if the server does not allow this page's origin.
 */
export class CtiError extends Error {
  constructor(
    readonly status: number,
    /** The server's closed set of codes, for example `call_not_found`. */
    readonly code: string,
    /** What happened and how to fix it. Safe to show to users. */
    message: string,
    readonly requestId: string | null = null,
    readonly errors: { path: string; message: string }[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'CtiError'
  }
}

export async function errorOf(response: Response): Promise<CtiError> {
  const problem: unknown = await response.json().catch(() => null)
  const { code, detail, request_id, errors } = (problem ?? {}) as Record<string, unknown>
  return new CtiError(
    response.status,
    typeof code === 'string' ? code : 'unexpected_answer',
    typeof detail === 'string' ? detail : `The server responded with ${response.status}.`,
    typeof request_id === 'string' ? request_id : response.headers.get('x-request-id'),
    Array.isArray(errors) ? (errors as { path: string; message: string }[]) : [],
  )
}
