import { Elysia } from 'elysia'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { WARNING_CODES, type Warning } from '../observability/warnings'
import type { createDirectRoutes } from './direct-route'
import { responseSchema } from './response-schema'
import { PAGE, sharedModels } from './schemas'

const ENVIRONMENTS = ['sandbox', 'production', 'development', 'test'] as const

/** The facts that the health routes report. */
export interface HealthProbe {
  environment: (typeof ENVIRONMENTS)[number]
  port(): number
  version: string
  state(): 'starting' | 'ready' | 'draining'
  /** Result of each check by name: null if it passed, else the problem. */
  checks(): Promise<Record<string, string | null>>
  /** Problems that need an operator's attention but do not stop the server. */
  warnings(): Promise<Warning[]>
  /** All metrics, including those of the other workers. */
  metrics(): Promise<Registry>
}

const Health = responseSchema(() =>
  z.object({
    status: z.enum(['healthy', 'unhealthy']),
    timestamp: z.iso.datetime(),
    uptime: z.number().describe('seconds'),
    environment: z.enum(ENVIRONMENTS),
    port: z.int(),
    version: z.string(),
    checks: z.record(z.string(), z.string()).describe('problems by check; empty if all checks passed'),
    warnings: z
      .array(
        z.object({
          code: z.enum(WARNING_CODES),
          message: z.string().describe('the problem'),
          action: z.string().describe('how to fix it'),
          subject: z.string().optional().describe('id of the affected record'),
        }),
      )
      .describe('problems that need attention but do not stop the server'),
  }),
)
const Running = responseSchema(() => z.object({ success: z.literal(true), message: z.string() }))
const Live = responseSchema(() => z.object({ status: z.literal('live') }))
const Ready = responseSchema(() => z.object({ status: z.enum(['ready', 'starting', 'draining']) }))
const megabytesOf = (what: string) => z.number().describe(`${what}, in MB`)
const MetricsJson = responseSchema(() =>
  z
    .object({
      timestamp: z.iso.datetime().describe('time of the figures'),
      memory: z
        .object({
          heap_used_mb: megabytesOf('JavaScript heap in use'),
          heap_total_mb: megabytesOf('JavaScript heap reserved'),
          external_mb: megabytesOf('memory of buffers'),
          rss_mb: megabytesOf('resident memory'),
        })
        .describe('memory of the process'),
      uptime_seconds: z.number().describe('time since the start'),
    })
    .loose()
    .describe('Also contains counters. The name of a counter includes its labels.'),
)

const LINKS = [
  ['/console', 'Console'],
  ['/swagger', 'API reference'],
  ['/asyncapi', 'Live events reference'],
  ['/sdk/example', 'Browser kit example'],
  ['/health', 'Health'],
]

const page = (version: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>CTI Server</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%236d56f0' stroke-width='2.6'%3E%3Cpath stroke-linecap='round' d='M4 12a8 8 0 0 1 16 0M8 12a4 4 0 0 1 8 0'/%3E%3C/svg%3E"><style>:root{color-scheme:light dark}body{background:light-dark(#fff,#0f1115);color:light-dark(#191b22,#e9ebf1);font:16px/1.5 system-ui;max-width:32rem;margin:15vh auto;padding:0 1rem}a{color:light-dark(#4f37d8,#a796ff)}</style>
<main><h1>CTI Server is running</h1><p>Version ${version}</p><ul>${LINKS.map(([href, text]) => `<li><a href="${href}">${text}</a></li>`).join('')}</ul></main></html>`

/** The page has only text and links, so it may not run or load anything. */
export const PAGE_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const megabytes = (bytes: number) => Math.round((bytes / 1024 / 1024) * 100) / 100

const LIVE = { status: 'live' as const }

/** The route that orchestrators and load balancers request most, as Bun's router calls it. */
export const directHealthRoutes = (direct: ReturnType<typeof createDirectRoutes>) => ({
  '/live': { GET: direct('/live', 0, async () => LIVE) },
})

export const healthRoutes = ({ probe }: { probe: HealthProbe }) =>
  new Elysia({ tags: ['Health'] })
    .use(sharedModels)
    .model({ Health, Running, Live, Ready, Metrics: MetricsJson })
    .get(
      '/',
      ({ request }) =>
        request.headers.get('accept')?.includes('text/html')
          ? new Response(page(probe.version), {
              headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
            })
          : { success: true as const, message: 'CTI Server is running' },
      {
        response: { 200: 'Running' },
        detail: {
          operationId: 'getRoot',
          responses: { 200: PAGE },
          summary: 'Check that the server is running',
          description: 'Returns JSON, or a small page with links to a browser.',
        },
      },
    )
    .get(
      '/health',
      async ({ status }) => {
        const checks = failedChecks(await probe.checks())
        const healthy = Object.keys(checks).length === 0
        return status(healthy ? 200 : 503, {
          status: healthy ? ('healthy' as const) : ('unhealthy' as const),
          timestamp: new Date().toISOString(),
          uptime: process.uptime(),
          environment: probe.environment,
          port: probe.port(),
          version: probe.version,
          checks,
          warnings: await probe.warnings(),
        })
      },
      {
        response: { 200: 'Health', 503: 'Health' },
        detail: {
          operationId: 'getHealth',
          summary: 'Get the health of the server',
          description: 'Returns 503 with the failed checks if the database is unreachable.',
        },
      },
    )
    .get('/live', () => LIVE, {
      response: { 200: 'Live' },
      detail: {
        operationId: 'getLiveness',
        summary: 'Check the process',
        description: 'Returns 200 while the process runs, even if the database is down.',
      },
    })
    .get('/ready', ({ status }) => status(probe.state() === 'ready' ? 200 : 503, { status: probe.state() }), {
      response: { 200: 'Ready', 503: 'Ready' },
      detail: {
        operationId: 'getReadiness',
        summary: 'Check readiness',
        description: 'Returns 503 while the server is starting or stopping.',
      },
    })
    .get(
      '/metrics',
      async ({ query, request, set }) => {
        const asked = query.format ?? (prefersPrometheus(request.headers.get('accept') ?? '') ? 'prometheus' : 'json')
        const registry = await probe.metrics()
        if (asked === 'json') return asJson(registry)
        set.headers['content-type'] = registry.contentType
        return registry.metrics()
      },
      {
        query: z.strictObject({ format: z.enum(['json', 'prometheus']).optional() }),
        response: { 200: z.union([MetricsJson, z.string()]) },
        detail: {
          responses: {
            200: {
              description: 'The metrics',
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/Metrics' } },
                'text/plain': { schema: { type: 'string' } },
              },
            },
          },
          operationId: 'getMetrics',
          summary: 'Get metrics',
          description: 'Returns JSON, or Prometheus text if `Accept` prefers it or with `?format=prometheus`.',
        },
      },
    )

const failedChecks = (checks: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(Object.entries(checks).filter((check): check is [string, string] => check[1] !== null))

function prefersPrometheus(accept: string): boolean {
  const at = (type: string) => (accept.includes(type) ? accept.indexOf(type) : Number.POSITIVE_INFINITY)
  return Math.min(at('text/plain'), at('application/openmetrics-text')) < at('application/json')
}

async function asJson(registry: Registry): Promise<z.infer<typeof MetricsJson>> {
  const memory = process.memoryUsage()
  const counters: Record<string, number> = {}
  for (const metric of await registry.getMetricsAsJSON())
    for (const value of metric.values) {
      const name = 'metricName' in value ? String(value.metricName) : metric.name
      if (name.endsWith('_bucket')) continue
      const labels = Object.values(value.labels).join('_')
      counters[labels ? `${name}_${labels}` : name] = value.value
    }
  return {
    timestamp: new Date().toISOString(),
    memory: {
      heap_used_mb: megabytes(memory.heapUsed),
      heap_total_mb: megabytes(memory.heapTotal),
      external_mb: megabytes(memory.external),
      rss_mb: megabytes(memory.rss),
    },
    uptime_seconds: Math.round(process.uptime()),
    ...counters,
  }
}
