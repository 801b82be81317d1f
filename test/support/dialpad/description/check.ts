import { Ajv, type Options, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { fullFormats } from 'ajv-formats/dist/formats'
import type { Operation } from './document'
import { jsonSchemaOf } from './json-schema'
import { proseProblems } from './prose'

/** What Dialpad takes although its description leaves it out: RFC 6749 asks for it, and clients of Dialpad send it. */
const UNDESCRIBED: Record<string, string[]> = { 'POST /oauth2/token': ['redirect_uri'] }

/** RFC 6749 has `expires_in` as a number. */
const OAUTH = /^\w+ \/oauth2\//

function checker(options: Options): Ajv {
  const ajv = addFormats.default(new Ajv({ allErrors: true, strictTypes: false, ...options }))
  // Dialpad's examples write instants without an offset.
  return ajv.addFormat('date-time', fullFormats['iso-date-time'])
}
const bodies = checker({})
/** What is in an address is text, whatever its type. */
const addresses = checker({ coerceTypes: true })

const compiled = new Map<string, ValidateFunction>()
function validator(key: string, ajv: Ajv, schema: () => Record<string, unknown>): ValidateFunction {
  const known = compiled.get(key) ?? ajv.compile(schema())
  compiled.set(key, known)
  return known
}

function problems(validate: ValidateFunction, where: string, value: unknown): string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const which = 'additionalProperty' in params ? ` (${params.additionalProperty})` : ''
    return `${where}${instancePath} ${message}${which}`
  })
}

const parametersOf = (operation: Operation, place: 'path' | 'query') => {
  const parameters = operation.parameters.filter((one) => one.in === place)
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, jsonSchemaOf(schema, 'number')])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  }
}

/** What in a request is not as described; empty for a correct one. */
export function requestProblems(
  operation: Operation,
  request: { path: Record<string, string>; query: Record<string, string>; body: unknown },
): string[] {
  const { name } = operation
  const inAddress = (['path', 'query'] as const).flatMap((place) => {
    const validate = validator(`${place} of ${name}`, addresses, () => parametersOf(operation, place))
    return problems(validate, place, { ...request[place] })
  })
  const schema = operation.body
  if (schema === null) return request.body === undefined ? inAddress : [...inAddress, 'a body where none is described']
  const body = without(request.body, UNDESCRIBED[name] ?? [])
  const validate = validator(`body of ${name}`, bodies, () => jsonSchemaOf(schema, 'number'))
  const inBody = problems(validate, 'body', body)
  return [...inAddress, ...inBody, ...(inBody.length === 0 ? proseProblems(name, body) : [])]
}

/** What in an answer is not as described. @param body the parsed JSON, or undefined when there is none. */
export function answerProblems(operation: Operation, status: number, body: unknown): string[] {
  const schema = operation.answers.get(status)
  if (schema === undefined) return [`answer with status ${status}, which is not described`]
  if (schema === null) return body === undefined ? [] : ['an answer with a body where none is described']
  const int64 = OAUTH.test(operation.name) ? 'number' : 'string'
  const validate = validator(`answer ${status} of ${operation.name}`, bodies, () => jsonSchemaOf(schema, int64))
  return problems(validate, 'answer', body)
}

function without(body: unknown, names: string[]): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body) || names.length === 0) return body
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}
