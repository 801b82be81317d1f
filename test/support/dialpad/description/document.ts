import api from './dialpad-api.json'

/** A schema of OpenAPI 3.0, as far as Dialpad's description goes. */
export interface ApiSchema {
  $ref?: string
  type?: string
  format?: string
  nullable?: boolean
  enum?: unknown[]
  items?: ApiSchema
  properties?: Record<string, ApiSchema>
  required?: string[]
  oneOf?: ApiSchema[]
}

export interface Operation {
  /** For example `GET /api/v2/call/{id}`. */
  name: string
  parameters: { name: string; in: string; required?: boolean; schema: ApiSchema }[]
  body: ApiSchema | null
  /** The JSON of each described answer, by status; null for one without a body. */
  answers: Map<number, ApiSchema | null>
  scopes: string[]
  /** Requests a minute by the lowest limit named. */
  perMinute: number | null
}

interface Described {
  description?: string
  parameters?: Operation['parameters']
  requestBody?: { content: Json }
  responses: Record<string, { content?: Json }>
  security?: Record<string, string[]>[]
}
type Json = { 'application/json'?: { schema: ApiSchema; examples?: Record<string, { value: unknown }> } }

const paths = api.paths as unknown as Record<string, Record<string, Described>>
const schemas = api.components.schemas as unknown as Record<string, ApiSchema>

const jsonOf = (content: Json | undefined) => content?.['application/json']
const lowestLimit = (text: string): number | null => {
  const limits = [...text.matchAll(/Rate limit: (\d+) per minute/g)].map(([, limit]) => Number(limit))
  return limits.length === 0 ? null : Math.min(...limits)
}

const table = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => {
    const name = `${method.toUpperCase()} ${path}`
    const operation: Operation = {
      name,
      parameters: described.parameters ?? [],
      body: jsonOf(described.requestBody?.content)?.schema ?? null,
      answers: new Map(
        Object.entries(described.responses).map(([status, { content }]) => [
          Number(status),
          jsonOf(content)?.schema ?? null,
        ]),
      ),
      scopes: described.security?.find((way) => way.bearer_token)?.bearer_token ?? [],
      perMinute: lowestLimit(described.description ?? ''),
    }
    const examples = Object.values(described.responses).flatMap(({ content }) =>
      Object.values(jsonOf(content)?.examples ?? {}).map(({ value }) => value),
    )
    return { operation, examples, match: new RegExp(`^${name.replaceAll(/\{\w+\}/g, '([^/]+)')}$`) }
  }),
)

export const operations: Operation[] = table.map(({ operation }) => operation)

/** The description's own examples of answers. */
export const exampleAnswers = table.flatMap(({ operation, examples }) =>
  examples.map((example) => ({ operation, example })),
)

/** @param line `METHOD /path`. @returns null where the description has nothing. */
export function findOperation(line: string): { operation: Operation; path: Record<string, string> } | null {
  for (const { operation, match } of table) {
    const found = match.exec(line)
    if (!found) continue
    const names = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name)
    return { operation, path: Object.fromEntries(names.map((name, i) => [name, found[i + 1]!])) }
  }
  return null
}

/** The schema itself where it is a reference; null is allowed where either allows it. */
export function resolve(schema: ApiSchema): ApiSchema {
  if (!schema.$ref) return schema
  const name = schema.$ref.slice('#/components/schemas/'.length)
  const found = schemas[name]
  if (!found) throw new Error(`the description has no schema ${name}`)
  return { ...found, nullable: schema.nullable ?? found.nullable ?? false }
}
