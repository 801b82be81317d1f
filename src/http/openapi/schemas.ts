import { z } from 'zod'

export interface JsonSchema {
  $ref?: string
  $id?: string
  $schema?: string
  type?: string | string[]
  format?: string
  pattern?: string
  const?: unknown
  enum?: unknown[]
  examples?: unknown[]
  example?: unknown
  minimum?: number
  maximum?: number
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  required?: string[]
  description?: string
  [key: string]: unknown
}

const OPTIONAL = 'x-optional'

/** Removes bounds and patterns that only mean "safe integer" or repeat the format. */
const options = {
  io: 'input',
  unrepresentable: 'any',
  override({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) {
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    delete jsonSchema.$schema
    delete jsonSchema.$id
  },
} as const

const refTo = (name: string) => `#/components/schemas/${name}`

/** Converts the named models to JSON Schema with references between them, and converts inline schemas. */
export function createSchemaReader(models: Record<string, z.ZodType>) {
  const registry = z.registry<{ id: string }>()
  const names = new Map<unknown, string>()
  for (const [name, model] of Object.entries(models)) {
    if (names.has(model)) continue
    names.set(model, name)
    registry.add(model, { id: name })
  }
  const { schemas } = z.toJSONSchema(registry, { ...options, uri: refTo }) as unknown as {
    schemas: Record<string, JsonSchema>
  }
  for (const schema of Object.values(schemas)) {
    delete schema.$id
    delete schema.$schema
  }
  return {
    schemas,
    /** For @elysiajs/openapi. A named model becomes a reference. Optional schemas get a mark for `takeOptional`. */
    toJsonSchema(schema: z.ZodType): JsonSchema {
      const optional = schema instanceof z.ZodOptional
      const inner = (optional ? schema.unwrap() : schema) as z.ZodType
      const name = names.get(inner)
      const json = name ? { $ref: refTo(name) } : (z.toJSONSchema(inner, options) as JsonSchema)
      return optional ? { ...json, [OPTIONAL]: true } : json
    },
  }
}

/** Removes the mark of an optional schema. @returns whether it was marked. */
export function takeOptional(schema: JsonSchema): boolean {
  const optional = schema[OPTIONAL] === true
  delete schema[OPTIONAL]
  return optional
}
