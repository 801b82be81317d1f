import { describe, expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { isDescribed, propertiesOf } from '../../src/http/openapi/fields'
import type { Answer } from '../../src/http/openapi/operation'
import type { JsonSchema } from '../../src/http/openapi/schemas'
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
      propertiesOf(schema, name)
        .filter(({ property }) => !isDescribed(property, schemas))
        .map(({ path }) => path),
    )
    const parameters = operations.flatMap((one) =>
      (one.operation.parameters ?? [])
        .filter(({ description }) => !description)
        .map(({ name }) => `${one.method} ${one.path} ${name}`),
    )
    expect([...properties, ...parameters]).toEqual([])
  })

  test('gives every id of Dialpad as int64, in what is sent, answered, and asked for', () => {
    const isDialpadId = /^(dialpad_([a-z]+_)?ids?|call_id|org_id|dialpad_org_id|call_center_ids|target_id)$/
    const isShort = (schema: JsonSchema): boolean =>
      ([schema.type].flat().includes('integer') && schema.format !== 'int64') ||
      [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].some(isShort)
    const all = Object.entries(schemas).flatMap(([name, schema]) => propertiesOf(schema, name))
    const asked = operations.flatMap(({ id, operation }) =>
      (operation.parameters ?? []).map(({ name, schema }) => ({ path: `${id} ${name}`, name, property: schema })),
    )
    const ids = [...all, ...asked].filter(({ name }) => isDialpadId.test(name))
    expect(ids.filter(({ property }) => isShort(property)).map(({ path }) => path)).toEqual([])
    expect(ids.length).toBeGreaterThan(50)
  })

  test('has no two schemas with the same content, and no object written out twice', () => {
    const places = new Map<string, string[]>()
    const add = (path: string, schema: JsonSchema) => {
      if (!schema.properties) return
      const text = JSON.stringify(schema)
      places.set(text, [...(places.get(text) ?? []), path])
    }
    for (const [name, schema] of Object.entries(schemas)) {
      add(name, schema)
      for (const { path, property } of propertiesOf(schema, name))
        for (const part of [property, property.items, ...(property.anyOf ?? [])]) if (part) add(path, part)
    }
    const twice = [...places.values()].map((paths) => [...new Set(paths)]).filter((paths) => paths.length > 1)
    expect(twice).toEqual([])
  })

  test('describes every answer of every route, with the schema of its body', () => {
    const answers = operations.flatMap(({ id, operation }) =>
      Object.entries(operation.responses).map(([status, answer]) => {
        const name = answer.$ref?.split('/').at(-1)
        const found = (name ? document.components.responses?.[name] : answer) as Answer | undefined
        return { path: `${id} ${status}`, status, answer: found }
      }),
    )
    const without = answers.filter(({ status, answer }) => {
      const bodies = Object.values(answer?.content ?? {})
      const hasNone = ['101', '204', '302', '303', '304'].includes(status)
      return !answer?.description || (!hasNone && bodies.length === 0) || bodies.some(({ schema }) => !schema)
    })
    expect(without.map(({ path }) => path)).toEqual([])
    for (const { id, operation } of operations) {
      const statuses = Object.keys(operation.responses)
      expect(
        statuses.some((status) => /^[123]/.test(status)),
        id,
      ).toBe(true)
      if (operation.security.length > 0) expect(statuses, id).toContain('401')
      if (operation.parameters?.some((one) => one.in === 'query')) expect(statuses, id).toContain('422')
    }
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
