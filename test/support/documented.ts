import { expect } from 'bun:test'
import type { z } from 'zod'
import { printableDocument } from '../../src/cli/openapi'
import type { Operation } from '../../src/http/openapi/operation'

/** Sends requests to documented operations and holds every answer against the document. */

export interface Documented {
  id: string
  method: string
  path: string
  operation: Operation
  credentials: 'admin' | 'app' | 'none'
  ids: string[]
}

export const document = await printableDocument()

export const operations: Documented[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => {
    const anybody = operation.security.some((way) => Object.keys(way).length === 0)
    const scheme = anybody ? undefined : Object.keys(operation.security[0] ?? {})[0]
    return {
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      operation,
      credentials: scheme === 'adminSecret' ? 'admin' : scheme === 'appApiKey' ? 'app' : 'none',
      ids: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
    }
  }),
)

export interface Wanted {
  ids?: Record<string, string | number>
  query?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** @param models the app's named schemas. @param seen collects `operationId status`, and `operationId code` of problems. */
export function createCaller(url: string, models: Record<string, z.ZodType>, seen: Set<string>) {
  return async function call(one: Documented, credential: string | null, wanted: Wanted = {}): Promise<Answer> {
    const { ids = {}, query = '', body, headers = {} } = wanted
    const path = one.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => inPath(ids[name] ?? 'unknown'))
    const response = await fetch(`${url}${path}${query}`, {
      method: one.method,
      redirect: 'manual',
      headers: {
        ...(credential ? { authorization: `Bearer ${credential}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const type = response.headers.get('content-type') ?? ''
    const text = type.startsWith('text/event-stream') ? await firstPart(response) : await response.text()
    const answer = {
      status: response.status,
      headers: response.headers,
      body: /[/+]json/.test(type) ? JSON.parse(text) : text,
    }
    seen.add(`${one.id} ${answer.status}`)
    if (answer.body?.code) seen.add(`${one.id} ${answer.body.code}`)
    assertDocumented(one, answer, models)
    return answer
  }
}

/** What is percent-encoded already, however wrongly, stays so. */
const inPath = (value: string | number) => (/%/.test(String(value)) ? String(value) : encodeURIComponent(value))

/** Of an answer that never ends. */
async function firstPart(response: Response): Promise<string> {
  const reader = response.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return new TextDecoder().decode(value)
}

const RESPONSES = '#/components/responses/'

type Content = Record<string, { schema?: { $ref?: string } }>

/** The status, the form and, of a problem, the code must stand in the document. */
function assertDocumented(one: Documented, { status, headers, body }: Answer, models: Record<string, z.ZodType>): void {
  const line = `${one.method} ${one.path} → ${status} ${JSON.stringify(body)?.slice(0, 300)}`
  const declared = one.operation.responses[status]
  if (!declared) throw new Error(`not documented: ${line}`)
  expect(headers.get('x-request-id'), line).toBeTruthy()
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  const types = Object.keys(contentOf(declared))
  // What is streamed from elsewhere has the type it has there: `audio/*`.
  const isDeclared = types.some(
    (one) => one === '*/*' || type === one || type === one.replace('*', type.split('/')[1]!),
  )
  if (types.length > 0 && !isDeclared) throw new Error(`type ${type} not documented, only ${types}: ${line}`)
  if (type.startsWith('text/')) return
  if (typeof declared.$ref === 'string') {
    expect(headers.get('content-type'), line).toBe('application/problem+json')
    if (!codesOf(declared).includes(body.code)) throw new Error(`code not documented: ${line}`)
    expect(models.Problem!.parse(body)).toEqual(body)
    return
  }
  const schema = contentOf(declared)['application/json']?.schema
  const name = schema?.$ref?.split('/').at(-1)
  if (name) expect(models[name]!.parse(body), line).toEqual(body)
}

function contentOf({ $ref, content = {} }: { $ref?: string; content?: Content }): Content {
  if (!$ref) return content
  return (document.components.responses![$ref.slice(RESPONSES.length)] as { content: Content }).content
}

/** The codes of a documented problem; none of a success. */
export const codesOf = ({ $ref }: { $ref?: string }): string[] =>
  $ref
    ?.slice(RESPONSES.length)
    .split('.')
    .filter((code) => !['unlimited', 'page'].includes(code)) ?? []

/** What the document shows as this operation's request body. */
export const exampleBody = (one: Documented): unknown => one.operation.requestBody?.content['application/json']?.example
