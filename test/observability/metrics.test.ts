import { expect, test } from 'bun:test'
import { createMetrics } from '../../src/observability/metrics'
import { readSources } from '../rooms/check'
import { freshUrl } from '../support/backends'
import { startTestServer } from '../support/server'

test('every metric that is declared is measured somewhere', () => {
  const { registry: _, ...metrics } = createMetrics()
  const text = readSources(`${import.meta.dir}/../..`)
    .map((source) => source.text)
    .join('\n')
  const unused = Object.keys(metrics).filter((name) => !new RegExp(`\\bmetrics\\.${name}\\b`).test(text))
  expect(unused).toEqual([])
})

test('no request adds a value to a label: paths, ids, methods and codes of clients make no new series', async () => {
  const server = await startTestServer(await freshUrl.sqlite(), {
    RATE_LIMIT_AUTH: '100000',
    RATE_LIMIT_INTERNAL: '100000',
  })
  const { apiKey } = await server.createApp('One')
  const series = async () => {
    const text = await (await fetch(`${server.url}/metrics?format=prometheus`)).text()
    return text.split('\n').filter((line) => line.startsWith('cti_')).length
  }
  async function visit(name: string): Promise<void> {
    const paths = [`/${name}`, `/webhooks/dialpad/${name}`, `/api/calls/${name}`, `/api/endpoints/${name}/deliveries`]
    for (const path of [...paths, `/internal/apps/${name}`, `/api/calls?${name}=1`])
      for (const method of ['GET', 'POST', 'PROPFIND'])
        await fetch(`${server.url}${path}`, { method, headers: { 'x-app-api-key': apiKey } })
  }
  await visit('first')
  await series()
  const before = await series()
  for (let n = 0; n < 5; n++) await visit(`name-${crypto.randomUUID()}`)
  expect(await series()).toBe(before)
  await server.stop()
})
