import { getLogger } from '@logtape/logtape'
import { Elysia, ValidationError } from 'elysia'
import { z } from 'zod'
import { DomainError, ERROR_CODES, type ErrorCode, type FieldError } from '../../lib/errors'
import { responseSchema } from '../response-schema'
import type { AllowedMethods } from './allowed-methods'
import { contextOf } from './request-context'

const log = getLogger(['cti', 'http'])

/** An RFC 9457 problem, with additional members for old clients. */
export const Problem = responseSchema(() =>
  z
    .object({
      type: z.string().describe('`urn:cti:problem:` and the code'),
      title: z.string().describe('short description of the code'),
      status: z.int().describe('the HTTP status'),
      detail: z.string().describe('what happened and how to fix it'),
      code: z
        .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
        .describe('machine-readable code, from a fixed list; base decisions on it'),
      request_id: z.string().describe('id of the request in the log'),
      errors: z
        .array(
          z.object({ path: z.string().describe('path of the field'), message: z.string().describe('the problem') }),
        )
        .optional()
        .describe('all invalid fields'),
      success: z.literal(false).describe('always false'),
      error: z.string().describe('same as `title`'),
      message: z.string().describe('same as `detail`'),
    })
    .describe('An error (RFC 9457): what happened and how to fix it'),
)

export function problemResponse(request: Request, error: DomainError): Response {
  const context = contextOf(request)
  const { id, headers } = context
  Object.assign(context, { status: error.status, code: error.code })
  const body: z.infer<typeof Problem> = {
    type: `urn:cti:problem:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.detail,
    code: error.code,
    request_id: id,
    ...(error.extra.errors ? { errors: error.extra.errors } : {}),
    success: false,
    error: error.title,
    message: error.detail,
  }
  return new Response(JSON.stringify(body), {
    status: error.status,
    headers: {
      ...headers,
      ...(error.status === 401 ? { 'www-authenticate': 'Bearer realm="CTI server"' } : {}),
      ...error.extra.headers,
      'content-type': 'application/problem+json',
      'x-request-id': id,
    },
  })
}

/** Converts all errors to responses. */
export const problem = (allowed: AllowedMethods) =>
  new Elysia({ name: 'problem' }).onError({ as: 'global' }, ({ request, code, error }) => {
    return code === 'NOT_FOUND'
      ? problemResponse(request, notFound(request, allowed))
      : errorResponse(request, error, code)
  })

/**
 * Converts an error to a response. Logs it with its causes: as an error if the server is at fault, else for debugging.
 * @param code the framework's name for the error.
 */
export function errorResponse(request: Request, error: unknown, code?: unknown): Response {
  const known = toDomainError(code, error)
  const requestId = contextOf(request).id
  if (known.status >= 500) log.error('request {requestId} failed: {error}', { requestId, error })
  else if (known.cause) log.debug('request {requestId} was rejected: {error}', { requestId, error: known })
  return problemResponse(request, known)
}

/** Returns 405 with the allowed methods if the path exists with another method. */
function notFound(request: Request, allowed: AllowedMethods): DomainError {
  const methods = allowed.of(contextOf(request).path)
  if (methods.length === 0 || methods.includes(request.method)) return toDomainError('NOT_FOUND', null)
  return new DomainError('method_not_allowed', `This route supports ${methods.join(', ')}.`, {
    headers: { allow: methods.join(', ') },
  })
}

export function toDomainError(code: unknown, error: unknown): DomainError {
  if (error instanceof DomainError) return error
  if (error instanceof ValidationError) return validationFailed(error)
  if (code === 'NOT_FOUND') return new DomainError('route_not_found', 'No such route. See /swagger for all routes.')
  if (code === 'PARSE') return new DomainError('body_malformed', 'The body is not valid JSON.', { cause: error })
  if (isConnectionLoss(error))
    return new DomainError('database_unavailable', 'The database is unreachable. Try again later.', {
      headers: { 'retry-after': '5' },
      cause: error,
    })
  return new DomainError('internal_error', 'Internal error. Search the server log for the request id.', {
    cause: error,
  })
}

/** The problem of input that its schema rejects. @param type the part of the request: `query`, `params`, `body`. */
export function invalidInput(type: string, issues: readonly Issue[]): DomainError {
  const errors = issues.slice(0, MAX_ERRORS).flatMap(({ path, message, keys }): FieldError[] => {
    const at = (path ?? []).map(String)
    if (keys) return keys.map((key) => ({ path: [...at, key].join('.'), message: 'unknown field' }))
    return [{ path: at.join('.') || type, message }]
  })
  const named = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new DomainError('validation_failed', `Invalid ${type}: ${named}`.slice(0, 2000), { errors })
}

const validationFailed = (error: ValidationError): DomainError =>
  error.type === 'response'
    ? new DomainError('internal_error', 'The response does not match its schema.')
    : invalidInput(error.type, issuesOf(error))

/** The names of unknown keys, which Elysia's own list of issues does not contain. */
function issuesOf({ validator, value }: ValidationError): Issue[] {
  const checked = validator as unknown as z.ZodType | { schema: z.ZodType }
  const schema = 'schema' in checked ? checked.schema : checked
  return (schema.safeParse(value).error?.issues ?? []) as Issue[]
}

interface Issue {
  path?: PropertyKey[]
  message: string
  /** Only for unrecognized keys. */
  keys?: string[]
}

const MAX_ERRORS = 1000

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  '57P01',
  '57P03',
  'SQLITE_BUSY',
  'SQLITE_IOERR',
  'SQLITE_FULL',
])

function isConnectionLoss(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && CONNECTION_CODES.has(String(at.code))) return true
  return false
}
