import { countsOf, type MetricValues, sumFigures } from '../observability/metric-sum'

const COLLECT_WITHIN_MS = 1000

/**
 * Sums the metrics of all workers, including the last known counters of ended workers, so that a counter
 * never decreases.
 */
export function createWorkerFigures(ask: (worker: number, id: number) => void) {
  const last = new Map<number, MetricValues>()
  const awaited = new Map<number, { workers: Set<number>; done(): void }>()
  let ended: MetricValues = []
  let lastId = 0

  function markReceived(id: number, worker: number): void {
    const collection = awaited.get(id)
    collection?.workers.delete(worker)
    if (collection?.workers.size === 0) collection.done()
  }

  return {
    /** Uses the previous metrics of a worker that does not respond in time. */
    async collect(workers: number[]): Promise<MetricValues[]> {
      const id = ++lastId
      const { promise, resolve } = Promise.withResolvers<void>()
      awaited.set(id, { workers: new Set(workers), done: resolve })
      const timer = setTimeout(resolve, COLLECT_WITHIN_MS)
      for (const worker of workers) ask(worker, id)
      await promise
      clearTimeout(timer)
      awaited.delete(id)
      return [ended, ...last.values()]
    },
    receive(worker: number, id: number, figures: MetricValues): void {
      last.set(worker, figures)
      markReceived(id, worker)
    },
    async end(worker: number): Promise<void> {
      for (const id of awaited.keys()) markReceived(id, worker)
      const figures = last.get(worker)
      last.delete(worker)
      if (figures) ended = await sumFigures([ended, countsOf(figures)]).getMetricsAsJSON()
    },
  }
}
