/** What the System page plots, from one reading of `GET /metrics`. Counters only grow while the server runs. */
export interface Sample {
  /** ms since the epoch. */
  at: number
  events: number
  requests: number
  requestSeconds: number
  eventSeconds: number
  eventsTimed: number
  sockets: number
  rssMb: number
  heapMb: number
}

interface Metrics {
  memory: { rss_mb: number; heap_used_mb: number }
  [name: string]: unknown
}

/** Adds up every label set of a metric; what the server does not tell counts as 0. */
export function sampleOf(metrics: Metrics, at: number): Sample {
  const sum = (name: string) =>
    Object.entries(metrics).reduce((total, [key, value]) => (key.startsWith(name) ? total + Number(value) : total), 0)
  return {
    at,
    events: sum('cti_events_received_total'),
    requests: sum('cti_http_request_duration_seconds_count'),
    requestSeconds: sum('cti_http_request_duration_seconds_sum'),
    eventSeconds: sum('cti_event_latency_seconds_sum'),
    eventsTimed: sum('cti_event_latency_seconds_count'),
    sockets: sum('cti_websocket_connections'),
    rssMb: metrics.memory.rss_mb,
    heapMb: metrics.memory.heap_used_mb,
  }
}
