import { ERROR_CODES, type ErrorCode } from '../../lib/errors'
import type { Answer, Operation } from './operation'

/** The problems of an operation: those its route declares, and those its credentials, parameters and body imply. */

const BY_SCHEME: Record<string, ErrorCode[]> = {
  adminSecret: ['admin_credentials_missing', 'admin_credentials_invalid'],
  appApiKey: ['api_key_missing', 'api_key_invalid', 'token_invalid', 'app_inactive'],
}

/** Problems implied by an operation's credentials, parameters and body. */
export function impliedCodes(operation: Operation, path: string, method: string): ErrorCode[] {
  const { parameters = [], requestBody, security = [] } = operation
  const isLimited = /^\/(api|internal)\//.test(path)
  const isWrite = isLimited && method !== 'get'
  const isOptional = security.some((way) => Object.keys(way).length === 0)
  const [scheme, scopes = []] = isOptional ? [] : (Object.entries(security[0] ?? {})[0] ?? [])
  const codes: ErrorCode[] = ['body_too_large', 'internal_error', 'database_unavailable', 'secret_unreadable']
  if (scheme) codes.push(...(BY_SCHEME[scheme] ?? []))
  if (scopes.some((scope) => !scope.endsWith(':read'))) codes.push('scope_missing')
  if (isWrite) codes.push('unsupported_media_type')
  if (requestBody) codes.push('body_malformed')
  // Routes under these prefixes reject unknown parameters.
  if (isLimited || requestBody || parameters.length > 0) codes.push('validation_failed')
  if (isLimited) codes.push('rate_limited')
  if (isKeyed(path, method)) codes.push('request_in_progress', 'idempotency_key_reused')
  if (parameters.some(({ name }) => name === 'cursor')) codes.push('cursor_invalid')
  return codes
}

/** Whether the operation supports `Idempotency-Key`. */
export const isKeyed = (path: string, method: string): boolean => path.startsWith('/api/') && method !== 'get'

/** Distinct codes by status. */
export const byStatus = (codes: ErrorCode[]): Map<number, ErrorCode[]> =>
  Map.groupBy(new Set(codes), (code) => ERROR_CODES[code][0])

export function problemAnswer(status: number, codes: ErrorCode[]): Answer {
  const code = codes[0] ?? 'internal_error'
  const title = ERROR_CODES[code][1]
  const example = {
    type: `urn:cti:problem:${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    request_id: '019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f',
    success: false,
    error: title,
    message: `${title}.`,
  }
  return {
    description: codes.map((one) => `\`${one}\` ${ERROR_CODES[one][1]}`).join(' · '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } },
  }
}
