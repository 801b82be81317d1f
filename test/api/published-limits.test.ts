import { expect, test } from 'bun:test'
import { propertiesOf } from '../../src/http/openapi/fields'
import type { JsonSchema } from '../../src/http/openapi/schemas'
import { document, operations } from '../support/documented'

const LIMITS = [
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'pattern',
]

/** `path limit value` of a schema and of its alternatives, items and values. */
function limitsOf(path: string, schema: JsonSchema & Record<string, unknown>): string[] {
  const parts = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]
  return [
    ...LIMITS.filter((name) => schema[name] !== undefined).map((name) => `${path} ${name} ${schema[name]}`),
    ...parts.flatMap((part) => limitsOf(path, part as typeof schema)),
  ]
}

test('what inputs may hold is what was published (after a wanted change: bun run api:generate)', () => {
  const asked = operations.flatMap(({ id, operation }) =>
    (operation.parameters ?? []).flatMap(({ name, schema }) => limitsOf(`${id} ${name}`, schema as never)),
  )
  const sent = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
    propertiesOf(schema, name).flatMap(({ path, property }) => limitsOf(path, property as never)),
  )
  expect([...new Set([...asked, ...sent])].sort()).toMatchSnapshot()
})
