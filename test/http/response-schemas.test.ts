import { expect, test } from 'bun:test'
import { z } from 'zod'
import { compose } from '../../src/app/compose'
import { createApp } from '../../src/app/http'
import { readConfig } from '../../src/config/settings'
import { openDatabase } from '../../src/db'
import { modelsOf } from '../../src/http/models'

const secrets = () => ({ INTERNAL_API_SECRET: 'x'.repeat(32), DIALPAD_WEBHOOK_SECRET: 'x'.repeat(32) })

test('starting the server creates no schema of an object in a response', async () => {
  const database = await openDatabase('sqlite::memory:')
  const app = createApp(compose(readConfig({}, secrets), database), { state: () => 'ready', port: () => 0 })
  const models = modelsOf(app)
  const named = (schema: unknown) => (typeof schema === 'string' ? models[schema.replace('[]', '')] : schema)
  const requests = new Set(app.routes.map(({ hooks }) => named(hooks.body)))
  const responses = app.routes.flatMap(({ path, hooks }) =>
    Object.values(hooks.response ?? {}).map((schema) => ({ path, schema: named(schema) })),
  )
  expect(responses.length).toBeGreaterThan(100)
  expect(
    responses.filter(({ schema }) => schema instanceof z.ZodObject && !requests.has(schema)).map(({ path }) => path),
  ).toEqual([])
  await database.close()
})
