import { Elysia } from 'elysia'
import { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from '../lib/errors'
import { Problem } from './plugins/problem'
import { responseSchema } from './response-schema'

/** Schemas shared by many routes. */

export const Instant = z.iso.datetime().describe('ISO 8601 UTC with milliseconds')
export const Id = z.uuid().describe('UUIDv7')
export const DialpadId = z.int().meta({ format: 'int64', description: 'Dialpad id, a 64-bit integer' })
export const PhoneNumber = z
  .string()
  .describe('E.164, or the text from Dialpad if it is not a phone number, such as `blocked`')

export const Party = responseSchema(() =>
  z
    .object({
      id: z.union([DialpadId, z.string()]).nullable().describe("Dialpad's id"),
      type: z.string().nullable().describe('such as `user`, `call_center`, `department`, `office` or `shared`'),
      name: z.string().nullable().describe('name in Dialpad'),
      phone: z.string().nullable().describe('number'),
      email: z.string().nullable().describe('email address'),
    })
    .describe('A party as Dialpad describes it'),
)

export const CustomerRef = responseSchema(() =>
  z
    .object({
      id: z.string().describe("the customer's id in your software"),
      name: z.string().nullable().describe("the customer's name"),
      url: z.string().nullable().describe("URL of the customer's record"),
    })
    .describe("The customer, from the app's directory or the call's custom data"),
)

/** Path parameter of routes for one app. */
export const AppParams = z.object({ app_id: z.string().min(1).max(100) })

const DECIMAL = /^-?(0|[1-9]\d{0,15})$/

/** An integer in a query or path: decimal digits only, not everything that JavaScript accepts as a number. */
export const integerText = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(
    (value) => (typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value),
    z.int('must be an integer').min(min).max(max),
  )

export const DialpadIdText = integerText(1).meta({ format: 'int64', description: 'Dialpad id, a 64-bit integer' })

export const PageQuery = z.strictObject({
  limit: integerText(1, 100).optional().describe('1 to 100; default 50'),
  cursor: z
    .string()
    .max(500)
    .optional()
    .describe('`next_cursor` of the previous page; stable while new rows are added'),
  offset: integerText(0, 1_000_000).optional().describe('number of rows to skip; prefer `cursor`'),
  include_total: z.enum(['true', 'false']).optional().describe('whether to count all matching rows'),
})

export const Pagination = responseSchema(() =>
  z.object({
    limit: z.int(),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
    offset: z.int().optional(),
    total: z.int().optional().describe('number of matching rows, exact up to 100,000'),
    total_capped: z
      .literal(true)
      .optional()
      .describe('present if there are more rows than `total`, or if a search with `q` ended before it had counted all'),
  }),
)

export const toPage = (query: z.infer<typeof PageQuery>) => ({
  limit: query.limit ?? 50,
  cursor: query.cursor,
  offset: query.offset,
  includeTotal: query.include_total === 'true',
})

/** Models that every route file may reference. */
export const sharedModels = new Elysia({ name: 'shared-models' }).model({ Problem, Pagination, Party, CustomerRef })

/** A page for a browser beside the JSON: `detail: { responses: { 200: PAGE } }`. */
export const PAGE = { description: 'Done', content: { 'text/html': { schema: { type: 'string' as const } } } }

/** The key of the declared codes by status, beside the schemas by status. */
const CODES = Symbol('codes')

type StatusOf<Code extends ErrorCode> = (typeof ERROR_CODES)[Code][0]

/**
 * Declares the specific problems of a route: `response: { 200: 'Call…', ...problems('call_not_found') }`. Problems implied
 * by its credentials, parameters and body are added automatically.
 */
export function problems<const Code extends ErrorCode>(...codes: Code[]): Record<StatusOf<Code>, typeof Problem> {
  const byStatus = [...Map.groupBy(codes, (code) => ERROR_CODES[code][0])].toSorted(([a], [b]) => a - b)
  const schemas = Object.fromEntries(byStatus.map(([status]) => [status, Problem]))
  return Object.assign(schemas as Record<StatusOf<Code>, typeof Problem>, { [CODES]: new Map(byStatus) })
}

/** The codes by status that `problems` declared among a route's responses. */
export const codesOf = (responses: unknown): ReadonlyMap<number, readonly ErrorCode[]> =>
  (responses as { [CODES]?: Map<number, ErrorCode[]> } | undefined)?.[CODES] ?? new Map()
