import { describe, expect, test } from 'bun:test'
import { isDescribed } from '../../src/http/openapi/fields'
import { document, operations } from '../support/documented'
import { CLIENT_FILE, generateClient } from '../support/generate-client'

describe('the typed client', () => {
  test('is made from the document of today (bun run api:generate)', async () => {
    const made = await generateClient()
    if (process.env.UPDATE_CLIENT) await Bun.write(CLIENT_FILE, made)
    expect(await Bun.file(CLIENT_FILE).text()).toBe(made)
  })
})

describe('the document', () => {
  const { schemas } = document.components

  test('describes every property of every schema, and every parameter', () => {
    const properties = Object.entries(schemas).flatMap(([name, schema]) =>
      Object.entries(schema.properties ?? {})
        .filter(([, property]) => !isDescribed(property, schemas))
        .map(([property]) => `${name}.${property}`),
    )
    const parameters = operations.flatMap((one) =>
      (one.operation.parameters ?? [])
        .filter(({ description }) => !description)
        .map(({ name }) => `${one.method} ${one.path} ${name}`),
    )
    expect([...properties, ...parameters]).toEqual([])
  })

  test('has one operationId for each route, of a verb and a noun', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/)
  })
})
