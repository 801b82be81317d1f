import { type ApiSchema, resolve } from './document'

/** How a 64-bit integer is written: as a number by clients, as a string in Dialpad's answers, as all its examples have it. */
export type Int64 = 'number' | 'string'

/** The JSON Schema of a schema of OpenAPI 3.0: references in place, null where it may be, and no member but those described. */
export function jsonSchemaOf(schema: ApiSchema, int64: Int64): Record<string, unknown> {
  const { type, format, nullable, enum: values, items, properties, required, oneOf } = resolve(schema)
  const inner = (part: ApiSchema) => jsonSchemaOf(part, int64)
  if (oneOf) return { oneOf: [...oneOf.map(inner), ...(nullable ? [{ type: 'null' }] : [])] }
  if (format === 'int64' && int64 === 'string') return { type: orNull('string', nullable), pattern: '^-?\\d{1,19}$' }
  return {
    type: orNull(type, nullable),
    ...(format ? { format } : {}),
    ...(values ? { enum: nullable ? [...values, null] : values } : {}),
    ...(items ? { items: inner(items) } : {}),
    ...(properties ? { properties: mapValues(properties, inner), additionalProperties: false } : {}),
    ...(required ? { required } : {}),
  }
}

const orNull = (type: string | undefined, nullable: boolean | undefined) => (nullable ? [type, 'null'] : type)

const mapValues = <T, U>(record: Record<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
