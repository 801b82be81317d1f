import { describe, expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
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

  test('has examples that their schemas take', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats(ajv)
    ajv.addSchema({ $id: 'openapi', components: document.components })
    let checked = 0
    const wrong = operations.flatMap((one) => {
      const bodies = [one.operation.requestBody, ...Object.values(one.operation.responses)]
      return bodies.flatMap((body) =>
        Object.values((body && 'content' in body && body.content) || {}).flatMap(({ schema, example }) => {
          if (!schema || example === undefined) return []
          const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/'))
          const isValid = ajv.compile(local)
          checked++
          return isValid(example) ? [] : [`${one.id}: ${ajv.errorsText(isValid.errors)}`]
        }),
      )
    })
    expect(wrong).toEqual([])
    expect(checked).toBeGreaterThan(operations.length)
  })

  test('has one operationId for each route, of a verb and a noun', () => {
    const ids = operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/)
  })
})
