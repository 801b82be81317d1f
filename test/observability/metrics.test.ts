import { expect, test } from 'bun:test'
import { createMetrics } from '../../src/observability/metrics'
import { readSources } from '../rooms/check'

test('every metric that is declared is measured somewhere', () => {
  const { registry: _, ...metrics } = createMetrics()
  const text = readSources(`${import.meta.dir}/../..`)
    .map((source) => source.text)
    .join('\n')
  const unused = Object.keys(metrics).filter((name) => !new RegExp(`\\bmetrics\\.${name}\\b`).test(text))
  expect(unused).toEqual([])
})
