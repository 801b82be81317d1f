import Counter from 'prom-client/lib/counter'
import Gauge from 'prom-client/lib/gauge'
import Histogram from 'prom-client/lib/histogram'
import Registry from 'prom-client/lib/registry'

/** The parts of prom-client that the server uses. Its main module also loads an HTTP client, for a push gateway. */
export { Counter, Gauge, Histogram, Registry }
