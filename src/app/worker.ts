import type { Registry } from 'prom-client'
import { type MetricValues, sumFigures } from '../observability/metric-sum'
import type { FromWorker, ToWorker } from './worker-messages'

const ANSWER_WITHIN_MS = 3000

/** A worker's side of the channel to the main process. */
export function createWorkerLink() {
  const send = (message: FromWorker) => void process.send?.(message)
  const waiting = new Map<number, (all: MetricValues[]) => void>()
  let own: Registry | null = null
  let checkDatabase = async (): Promise<unknown> => undefined
  let lastId = 0

  process.on('message', async (message: ToWorker) => {
    if (message.kind === 'answer') waiting.get(message.id)?.(message.all)
    else if (message.kind === 'check_database') {
      await checkDatabase().catch(() => {})
      send({ kind: 'database_checked' })
    } else send({ kind: 'figures', id: message.id, figures: (await own?.getMetricsAsJSON()) ?? [] })
  })

  return {
    report: (line: string) => send({ kind: 'report', line }),
    /** @param check settles when the database has answered. */
    ready: (url: string, registry: Registry, check: () => Promise<unknown>) => {
      own = registry
      checkDatabase = check
      send({ kind: 'ready', url })
    },

    /** @throws if the main process does not respond. */
    async addWorkers(registry: Registry): Promise<Registry> {
      own = registry
      const id = ++lastId
      const { promise, resolve, reject } = Promise.withResolvers<MetricValues[]>()
      const timer = setTimeout(() => reject(new Error('no metrics from the other workers')), ANSWER_WITHIN_MS)
      waiting.set(id, resolve)
      send({ kind: 'ask', id })
      try {
        return sumFigures(await promise)
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },

    /** The main process has died, so that nothing could restart or stop this worker. */
    onOrphaned: (run: () => void) => void process.on('disconnect', run),
  }
}
