import { toOpenAPISchema } from '@elysiajs/openapi'
import type { AnyElysia } from 'elysia'
import type { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from '../../lib/errors'
import { createExamples } from './examples'
import { codesOf } from './failures'
import { createSchemaReader, type JsonSchema, takeOptional } from './schemas'
import { DESCRIPTION, HEADERS, SECURITY_SCHEMES, TAGS } from './text'

interface MediaType {
  schema?: JsonSchema
  example?: unknown
}
interface Answer {
  $ref?: never
  description?: string
  headers?: Record<string, { $ref: string }>
  content?: Record<string, MediaType>
}
export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, never[]>[]
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: JsonSchema }[]
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, Answer | { $ref: string }>
}
export interface OpenApiDocument {
  openapi: string
  info: Record<string, unknown>
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  security: Record<string, never[]>[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>> & { schemas: Record<string, JsonSchema> }
}

/** Where Elysia keeps named models; its type hides it. */
interface WithModels {
  getGlobalDefinitions(): { type: Record<string, z.ZodType> }
}

const SUCCESS: Record<string, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted', 206: 'Partial', 302: 'Found' }
const CURSOR_CODES: ErrorCode[] = ['cursor_invalid']
const IDEMPOTENCY_CODES: ErrorCode[] = ['request_in_progress', 'idempotency_key_reused']
const DIALPAD_CODES: ErrorCode[] = [
  'mapping_not_found',
  'dialpad_not_connected',
  'dialpad_oauth_not_configured',
  'public_url_missing',
  'dialpad_refused',
  'dialpad_rate_limited',
]
const isKeyed = (path: string, method: string) => path.startsWith('/api/') && method !== 'get'
const ALWAYS = [413, 500, 503]

/** The OpenAPI 3.1 document of every route the app has, from the schemas the routes check with. */
export function openApiDocument(app: AnyElysia, version: string): OpenApiDocument {
  const models = (app as unknown as WithModels).getGlobalDefinitions().type
  const { schemas, toJsonSchema } = createSchemaReader(models)
  const exampleOf = createExamples(schemas)
  const raw = toOpenAPISchema(app, undefined, undefined, { zod: toJsonSchema }).paths as unknown as Record<
    string,
    Record<string, Operation>
  >
  const given = declaredResponses(app)
  const paths: OpenApiDocument['paths'] = {}
  const problems: Record<string, Answer> = {}
  for (const [rawPath, operations] of Object.entries(raw)) {
    const path = rawPath.length > 1 ? rawPath.replace(/\/$/, '') : rawPath
    for (const [method, operation] of Object.entries(operations))
      paths[path] = {
        ...paths[path],
        [method]: complete(withResponses(operation, given.get(`${method} ${rawPath}`)), path, method),
      }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Dialpad CTI server',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [],
    paths,
    components: {
      schemas: used(schemas, [paths, problems]),
      responses: problems,
      securitySchemes: SECURITY_SCHEMES,
      headers: HEADERS,
    },
  }

  function complete(operation: Operation, path: string, method: string): Operation {
    const parameters = operation.parameters?.map(({ schema, ...parameter }) => {
      takeOptional(schema)
      const { description, ...rest } = schema
      return { ...parameter, ...(description ? { description } : {}), schema: rest }
    })
    const all = [...(parameters ?? []), ...(isKeyed(path, method) ? [IDEMPOTENCY_KEY] : [])]
    return {
      ...operation,
      operationId: idOf(operation.summary),
      security: operation.security ?? [],
      ...(all.length > 0 ? { parameters: all } : {}),
      ...(operation.requestBody ? { requestBody: bodyOf(operation.requestBody) } : {}),
      responses: answersOf(operation, path, method),
    }
  }

  function bodyOf(body: NonNullable<Operation['requestBody']>): NonNullable<Operation['requestBody']> {
    const schema = body.content['application/json']?.schema ?? {}
    const required = !takeOptional(schema)
    return { required, content: { 'application/json': { schema, example: exampleOf(schema) } } }
  }

  function answersOf(operation: Operation, path: string, method: string): Operation['responses'] {
    const limited = /^\/(api|internal)\//.test(path)
    const keyed = isKeyed(path, method)
    const tagged = limited && method === 'get'
    const scheme = Object.keys(operation.security?.[0] ?? {})[0]
    const given = { ...(operation.responses as Record<string, Answer>) }
    const toDialpad = given[502] !== undefined || operation.tags.includes('Dialpad')
    const more = [
      ...(operation.parameters?.some(({ name }) => name === 'cursor') ? CURSOR_CODES : []),
      ...(keyed ? IDEMPOTENCY_CODES : []),
      ...(toDialpad ? DIALPAD_CODES : []),
    ]
    for (const status of keyed ? [...ALWAYS, 409, 422] : ALWAYS) given[status] ??= {}
    const answers: Operation['responses'] = {}
    for (const status of Object.keys(given).map(Number)) {
      const answer = given[status]!
      const problem = status >= 400 && !isOtherThanProblem(answer)
      answers[status] = problem
        ? sharedProblem(status, codesOf(status, path, scheme, more), limited)
        : { ...success(status, answer), headers: headersOf(status, limited) }
    }
    if (tagged && given[200]?.content?.['application/json'])
      answers[304] = {
        description: 'Not changed since the `ETag` sent as `If-None-Match`',
        headers: headersOf(304, limited),
      }
    const succeeds = Object.keys(answers).some((status) => status.startsWith('2'))
    if (!succeeds) answers.default = sharedProblem(500, ['internal_error'], limited)
    return answers
  }

  /** Problems with the same codes are written once. */
  function sharedProblem(status: number, codes: ErrorCode[], limited: boolean): { $ref: string } {
    const name = [...codes, ...(limited ? [] : ['unlimited'])].join('.')
    problems[name] ??= { ...problemOf(status, codes), headers: headersOf(status, limited) }
    return { $ref: `#/components/responses/${name}` }
  }

  function success(status: number, { description, content }: Answer): Answer {
    const filled = Object.entries(content ?? {}).map(([type, { schema }]) => {
      const shown =
        type === 'application/json' && schema ? { schema, example: exampleOf(schema) } : { schema: schema ?? {} }
      return [type, shown] as const
    })
    const words = description && !description.startsWith('Response for') ? description : SUCCESS[status]
    return {
      description: words ?? 'Done',
      ...(filled.length > 0 ? { content: Object.fromEntries(filled) } : {}),
    }
  }
}

/** What routes say of their responses beyond a schema, which @elysiajs/openapi drops where there is a schema too. */
function declaredResponses(app: AnyElysia): Map<string, Record<string, Answer>> {
  const declared = app.routes.flatMap(({ method, path, hooks }) => {
    const responses = hooks.detail?.responses as Record<string, Answer> | undefined
    return responses ? [[`${method.toLowerCase()} ${path.replace(/:([^/]+)/g, '{$1}')}`, responses] as const] : []
  })
  return new Map(declared)
}

const withResponses = (operation: Operation, more: Record<string, Answer> = {}): Operation => ({
  ...operation,
  responses: { ...operation.responses, ...more },
})

const isOtherThanProblem = ({ content }: Answer) =>
  content !== undefined &&
  Object.values(content).some(({ schema }) => schema?.$ref && !schema.$ref.endsWith('/Problem'))

function problemOf(status: number, codes: ErrorCode[]): Answer {
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

function headersOf(status: number, limited: boolean): Record<string, { $ref: string }> {
  const names = ['x-request-id', ...(limited ? ['RateLimit', 'RateLimit-Policy'] : [])]
  if (status === 429) names.push('Retry-After')
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'the same key and body is answered once and the same for 24 hours',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/** `List an app's calls` → `listAnAppsCalls`. */
const idOf = (summary: string): string =>
  summary
    .replaceAll(/[’']/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((word, i) => (i === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1)))
    .join('')

/** The schemas that some path needs, directly or through another. */
function used(schemas: Record<string, JsonSchema>, paths: unknown): Record<string, JsonSchema> {
  const wanted = new Set<string>()
  const visit = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/#\/components\/schemas\/(\w+)/g))
      if (name && !wanted.has(name)) {
        wanted.add(name)
        visit(schemas[name] ?? {})
      }
  }
  visit(paths)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => wanted.has(name)))
}
