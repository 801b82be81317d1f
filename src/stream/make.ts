import type { AuthServices } from '../auth/make'
import type { Database } from '../db/database'
import type { Metrics } from '../observability/metrics'
import { createArrivals } from './arrivals'
import { createHub } from './hub'
import { createStreamQueries } from './queries'
import { createEventStreams } from './server-sent-events'
import { createConnections } from './socket'
import { createStreamStore } from './store'
import { createTopics } from './topics'

export function makeStream(deps: { database: Database; metrics: Metrics; auth: AuthServices }) {
  const { database, metrics, auth } = deps
  const { watch } = auth
  const store = createStreamStore(database)
  const arrivals = createArrivals({ database })
  const hub = createHub({ database, store, metrics, watch })
  const topics = createTopics()
  return {
    store,
    arrivals,
    hub,
    topics,
    eventStreams: createEventStreams({ hub, topics }),
    queries: createStreamQueries({ database, store, arrivals, watch }),
    connections: createConnections({ hub, authenticator: auth.authenticator }),
  }
}
