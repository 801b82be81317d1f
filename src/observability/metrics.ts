import { addProcessMetrics } from './process-metrics'
import { Counter, Gauge, Histogram, Registry } from './prom-client'
import { createRequestCounts } from './request-counts'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export type Metrics = ReturnType<typeof createMetrics>

/**
 * All metrics of the server, served by GET /metrics. One registry per server, because tests run several servers.
 * The values of workers are added, except gauges of the database's contents (`aggregator: 'max'`), which are equal in all.
 */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  addProcessMetrics(registry)
  return {
    registry,
    requests: createRequestCounts(registry, SECONDS),
    eventsReceived: new Counter({
      name: 'cti_events_received_total',
      help: 'Webhook deliveries by result',
      labelNames: ['result'],
      registers,
    }),
    eventsRefused: new Counter({
      name: 'cti_events_refused_total',
      help: 'Webhook deliveries that were not stored, by error code',
      labelNames: ['code'],
      registers,
    }),
    eventsProcessed: new Counter({
      name: 'cti_events_processed_total',
      help: 'Processed events by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    eventSeconds: new Histogram({
      name: 'cti_event_latency_seconds',
      help: 'Time from receipt of an event to the commit of its changes',
      buckets: SECONDS,
      registers,
    }),
    commitRows: new Histogram({
      name: 'cti_ingest_commit_rows',
      help: 'Events per commit',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    dialpadRequests: new Counter({
      name: 'cti_dialpad_requests_total',
      help: 'Requests to Dialpad by endpoint and status; 0 without a response',
      labelNames: ['endpoint', 'status'],
      registers,
    }),
    dialpadSeconds: new Histogram({
      name: 'cti_dialpad_request_duration_seconds',
      help: 'Response time of Dialpad',
      labelNames: ['endpoint'],
      buckets: SECONDS,
      registers,
    }),
    dialpadConnections: new Gauge({
      name: 'cti_dialpad_connections',
      help: 'OAuth connections by status',
      labelNames: ['status'],
      aggregator: 'max',
      registers,
    }),
    dialpadCallsRecovered: new Counter({
      name: 'cti_dialpad_calls_recovered_total',
      help: 'Missed calls recovered by the backfill',
      registers,
    }),
    endpointAttempts: new Counter({
      name: 'cti_endpoint_attempts_total',
      help: 'Delivery attempts to endpoints by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    endpointSeconds: new Histogram({
      name: 'cti_endpoint_delivery_seconds',
      help: 'Time from the commit of a stream entry to its delivery on the first attempt',
      buckets: SECONDS,
      registers,
    }),
    streamEntries: new Counter({
      name: 'cti_stream_entries_total',
      help: 'Stream entries that all instances wrote, counted every 15 seconds',
      aggregator: 'max',
      registers,
    }),
    warnings: new Gauge({
      name: 'cti_warnings',
      help: 'Current warnings of /health by code',
      labelNames: ['code'],
      aggregator: 'max',
      registers,
    }),
    backups: new Counter({
      name: 'cti_backups_total',
      help: 'Backups by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    eventsQueued: new Gauge({
      name: 'cti_events_queued',
      help: 'Stored events that are waiting or need an operator, by status; dead letters are `failed`',
      labelNames: ['status'],
      aggregator: 'max',
      registers,
    }),
    oldestPending: new Gauge({
      name: 'cti_events_oldest_pending_seconds',
      help: 'Age of the oldest pending event; 0 if there is none',
      aggregator: 'max',
      registers,
    }),
    retentionAt: new Gauge({
      name: 'cti_retention_last_run_timestamp_seconds',
      help: 'Time of the last completed retention run',
      aggregator: 'max',
      registers,
    }),
    retentionRemoved: new Counter({
      name: 'cti_retention_removed_total',
      help: 'Rows removed by retention',
      labelNames: ['kind'],
      registers,
    }),
    backupAt: new Gauge({
      name: 'cti_backup_last_success_timestamp_seconds',
      help: 'Start time of the newest backup',
      aggregator: 'max',
      registers,
    }),
    sockets: new Gauge({ name: 'cti_websocket_connections', help: 'Open WebSocket connections', registers }),
    socketMessages: new Counter({
      name: 'cti_websocket_published_total',
      help: 'Stream entries published to local sockets',
      registers,
    }),
    socketsClosed: new Counter({
      name: 'cti_websocket_closed_total',
      help: 'WebSocket connections the server closed',
      labelNames: ['reason'],
      registers,
    }),
  }
}
