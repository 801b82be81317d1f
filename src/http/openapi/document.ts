import { toOpenAPISchema } from '@elysiajs/openapi'
import type { AnyElysia } from 'elysia'
import type { ErrorCode } from '../../lib/errors'
import { modelsOf } from '../models'
import { codesOf, PAGE } from '../schemas'
import { createExamples } from './examples'
import { describedField, describeFields } from './fields'
import type { Answer, Operation } from './operation'
import { byStatus, impliedCodes, isKeyed, problemAnswer } from './problems'
import { createSchemaReader, type JsonSchema, takeOptional } from './schemas'
import { DESCRIPTION, HEADERS, SECURITY_SCHEMES, TAGS } from './text'

export interface OpenApiDocument {
  openapi: string
  info: Record<string, unknown>
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  security: Record<string, never[]>[]
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, unknown>> & { schemas: Record<string, JsonSchema> }
}

const SUCCESS: Record<string, string> = { 200: 'Done', 201: 'Created', 202: 'Accepted', 206: 'Partial', 302: 'Found' }

/** Builds the OpenAPI 3.1 document of all routes from the schemas that validate requests. */
export function openApiDocument(app: AnyElysia, version: string): OpenApiDocument {
  const models = modelsOf(app)
  const { schemas, toJsonSchema } = createSchemaReader(models)
  describeFields(schemas)
  const exampleOf = createExamples(schemas)
  const raw = toOpenAPISchema(app, undefined, undefined, { zod: toJsonSchema }).paths as unknown as Record<
    string,
    Record<string, Operation>
  >
  const declared = declarations(app)
  const paths: OpenApiDocument['paths'] = {}
  const problems: Record<string, Answer> = {}
  for (const [rawPath, operations] of Object.entries(raw)) {
    const path = rawPath.length > 1 ? rawPath.replace(/\/$/, '') : rawPath
    for (const [method, operation] of Object.entries(operations))
      paths[path] = {
        ...paths[path],
        // biome-ignore lint/style/noNonNullAssertion: declarations() lists every route of the app
        [method]: complete(operation, declared.get(`${method} ${rawPath}`)!, path, method),
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

  function complete(operation: Operation, declared: Declaration, path: string, method: string): Operation {
    if (!declared.operationId) throw new Error(`${method} ${path} has no operationId`)
    const parameters = operation.parameters?.map(({ schema, ...parameter }) => {
      takeOptional(schema)
      const { description = describedField(parameter.name), ...rest } = schema
      return { ...parameter, ...(description ? { description } : {}), schema: rest }
    })
    const all = [...(parameters ?? []), ...(isKeyed(path, method) ? [IDEMPOTENCY_KEY] : [])]
    return {
      ...operation,
      security: operation.security ?? [],
      ...(all.length > 0 ? { parameters: all } : {}),
      ...(operation.requestBody ? { requestBody: bodyOf(operation.requestBody) } : {}),
      responses: answersOf(operation, declared, path, method),
    }
  }

  function bodyOf(body: NonNullable<Operation['requestBody']>): NonNullable<Operation['requestBody']> {
    const schema = body.content['application/json']?.schema ?? {}
    const required = !takeOptional(schema)
    return { required, content: { 'application/json': { schema, example: exampleOf(schema) } } }
  }

  function answersOf(operation: Operation, declared: Declaration, path: string, method: string) {
    const limited = /^\/(api|internal)\//.test(path)
    const answers: Operation['responses'] = {}
    const given = merged(operation.responses as Record<string, Answer>, declared.responses)
    for (const [status, answer] of Object.entries(given))
      if (!declared.problems.has(Number(status)))
        answers[status] = { ...success(Number(status), answer), headers: headersOf(Number(status), limited) }
    if (limited && method === 'get' && given[200]?.content?.['application/json'])
      answers[304] = {
        description: 'Not modified since the `ETag` in `If-None-Match`',
        headers: headersOf(304, limited),
      }
    const codes = [...[...declared.problems.values()].flat(), ...impliedCodes(operation, path, method)]
    for (const [status, some] of byStatus(codes))
      answers[status] ??= sharedProblem(status, some, limited, status in declared.responses)
    const succeeds = Object.keys(answers).some((status) => status.startsWith('2'))
    if (!succeeds) answers.default = sharedProblem(500, ['internal_error'], limited, false)
    return answers
  }

  /** Defines problem responses with the same codes once. @param hasPage whether a browser gets a page instead. */
  function sharedProblem(status: number, codes: ErrorCode[], limited: boolean, hasPage: boolean): { $ref: string } {
    const name = [...codes, ...(limited ? [] : ['unlimited']), ...(hasPage ? ['page'] : [])].join('.')
    const answer = problemAnswer(status, codes)
    if (hasPage) answer.content = { ...answer.content, ...PAGE.content }
    problems[name] ??= { ...answer, headers: headersOf(status, limited) }
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

/** Adds the responses that a route documents to those of its schemas, and replaces them. Keeps both for an HTML page. */
function merged(given: Record<string, Answer>, added: Record<string, Answer>): Record<string, Answer> {
  const both = Object.entries(added).map(([status, answer]) => {
    const beside = answer.content && 'text/html' in answer.content ? given[status]?.content : {}
    return [status, answer.content ? { ...answer, content: { ...beside, ...answer.content } } : answer]
  })
  return { ...given, ...Object.fromEntries(both) }
}

/** Details of a route that @elysiajs/openapi leaves out. */
interface Declaration {
  operationId: string | undefined
  /** Adds response details, because @elysiajs/openapi only includes the schema. */
  responses: Record<string, Answer>
  problems: ReadonlyMap<number, readonly ErrorCode[]>
}

function declarations(app: AnyElysia): Map<string, Declaration> {
  return new Map(
    app.routes.map(({ method, path, hooks }) => [
      `${method.toLowerCase()} ${path.replace(/:([^/]+)/g, '{$1}')}`,
      {
        operationId: hooks.detail?.operationId,
        responses: (hooks.detail?.responses ?? {}) as Record<string, Answer>,
        problems: codesOf(hooks.response),
      },
    ]),
  )
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
  description: 'the server processes the same key and body once and returns the same response for 24 hours',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

/** The schemas that a path references, directly or indirectly. */
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
