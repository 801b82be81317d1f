import { expect, test } from 'bun:test'
import { Registry } from 'prom-client'
import { createRequestCounts } from '../../src/observability/request-counts'

test('requests become a counter and a cumulative histogram, whose bounds belong to the lower bucket, and reading adds nothing', async () => {
  const registry = new Registry()
  const counts = createRequestCounts(registry, [0.01, 0.1])
  counts.add('GET', '/a', 200, 0.01)
  counts.add('GET', '/a', 200, 0.05)
  counts.add('GET', '/a', 404, 5)
  counts.add('POST', '/b', 200, 0.1)
  await registry.metrics()
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('cti_'))
  expect(lines.sort()).toEqual([
    'cti_http_request_duration_seconds_bucket{le="+Inf",route="/a"} 3',
    'cti_http_request_duration_seconds_bucket{le="+Inf",route="/b"} 1',
    'cti_http_request_duration_seconds_bucket{le="0.01",route="/a"} 1',
    'cti_http_request_duration_seconds_bucket{le="0.01",route="/b"} 0',
    'cti_http_request_duration_seconds_bucket{le="0.1",route="/a"} 2',
    'cti_http_request_duration_seconds_bucket{le="0.1",route="/b"} 1',
    'cti_http_request_duration_seconds_count{route="/a"} 3',
    'cti_http_request_duration_seconds_count{route="/b"} 1',
    'cti_http_request_duration_seconds_sum{route="/a"} 5.06',
    'cti_http_request_duration_seconds_sum{route="/b"} 0.1',
    'cti_http_requests_total{method="GET",route="/a",status="200"} 2',
    'cti_http_requests_total{method="GET",route="/a",status="404"} 1',
    'cti_http_requests_total{method="POST",route="/b",status="200"} 1',
  ])
})
