import { Counter, type Histogram, type Registry } from './prom-client'

interface Durations {
  /** Number of durations per bucket, of which the last has no bound. */
  counts: number[]
  sum: number
}

const NAME = 'cti_http_request_duration_seconds'

/**
 * Counts requests and their durations in plain numbers, which become metrics when they are read. prom-client checks and hashes
 * the labels of every observation, which takes a tenth of the time of a short request.
 * @param bounds upper bounds of the buckets, in seconds.
 */
export function createRequestCounts(registry: Registry, bounds: number[]) {
  const requests = new Map<string, { labels: Record<'method' | 'route' | 'status', string>; added: number }>()
  const routes = new Map<string, Durations>()

  new Counter({
    name: 'cti_http_requests_total',
    help: 'HTTP requests',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
    collect() {
      for (const one of requests.values()) {
        this.inc(one.labels, one.added)
        one.added = 0
      }
    },
  })

  const durations = {
    name: NAME,
    type: 'histogram',
    labelNames: ['route'],
    async get() {
      const values = [...routes].flatMap(([route, { counts, sum }]) => {
        let total = 0
        const buckets = [...bounds, '+Inf'].map((le, i) => {
          total += counts[i] ?? 0
          return { metricName: `${NAME}_bucket`, labels: { le, route }, value: total }
        })
        return [
          ...buckets,
          { metricName: `${NAME}_sum`, labels: { route }, value: sum },
          { metricName: `${NAME}_count`, labels: { route }, value: total },
        ]
      })
      return { name: NAME, help: 'Duration of HTTP requests', type: 'histogram', aggregator: 'sum', values }
    },
  }
  registry.registerMetric(durations as unknown as Histogram)

  return {
    add(method: string, route: string, status: number, seconds: number): void {
      const key = `${method} ${status} ${route}`
      const known = requests.get(key)
      if (known) known.added++
      else requests.set(key, { labels: { method, route, status: String(status) }, added: 1 })
      const ofRoute = routes.get(route) ?? { counts: Array(bounds.length + 1).fill(0), sum: 0 }
      routes.set(route, ofRoute)
      const bucket = bounds.findIndex((bound) => seconds <= bound)
      const index = bucket < 0 ? bounds.length : bucket
      ofRoute.counts[index] = (ofRoute.counts[index] ?? 0) + 1
      ofRoute.sum += seconds
    },
    durations,
  }
}
