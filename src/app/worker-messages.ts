import type { MetricValues } from '../observability/metric-sum'

/** Messages between a worker and the main process. */
export type FromWorker =
  | { kind: 'report'; line: string }
  | { kind: 'ready'; url: string }
  /** Requests the metrics of all workers. */
  | { kind: 'ask'; id: number }
  | { kind: 'figures'; id: number; figures: MetricValues }
  | { kind: 'database_checked' }
export type ToWorker =
  | { kind: 'collect'; id: number }
  | { kind: 'answer'; id: number; all: MetricValues[] }
  /** Requests `database_checked` once the worker's database has answered. */
  | { kind: 'check_database' }
