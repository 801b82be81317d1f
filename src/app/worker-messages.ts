import type { Figures } from '../observability/metric-sum'

/** What a worker and the process that started it say to each other. */
export type FromWorker =
  | { kind: 'report'; line: string }
  | { kind: 'ready'; url: string }
  /** Asks for the figures of all workers. */
  | { kind: 'ask'; id: number }
  | { kind: 'figures'; id: number; figures: Figures }
export type ToWorker = { kind: 'collect'; id: number } | { kind: 'answer'; id: number; all: Figures[] }
