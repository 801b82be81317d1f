import type { AuthServices } from '../auth/make'
import type { Database } from '../db/database'
import type { Clock } from '../lib/clock'
import type { Metrics } from '../observability/metrics'
import { createArrivals } from './arrivals'
import { createHub } from './hub'
import { createStreamQueries } from './queries'
import { createConnections } from './socket'
import { createStreamStore } from './store'

export function makeStream(deps: { database: Database; metrics: Metrics; clock: Clock; auth: AuthServices }) {
  const { database, metrics, clock, auth } = deps
  const { isAlive } = auth.keys
  const store = createStreamStore(database)
  const arrivals = createArrivals({ database })
  const hub = createHub({ database, stream: store, metrics, clock, isAlive })
  return {
    store,
    arrivals,
    hub,
    queries: createStreamQueries({ database, stream: store, arrivals, isAlive }),
    connections: createConnections({ hub, authenticator: auth.authenticator }),
  }
}
