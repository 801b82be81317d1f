import type { Planted } from '../mutant'

const IDENTITY = 'test/events/identity.test.ts'
const PROCESSOR = 'test/events/processor.test.ts'
const RETENTION = 'test/maintenance/retention.test.ts'
const CATCH_UP = 'test/stream/catch-up.test.ts'
const IDEMPOTENCY = 'test/http/idempotency.test.ts'
const PAGING = 'test/api/paging.test.ts'

const keeps = (status: string): Planted => ({
  name: `retention purges what is ${status}`,
  file: 'src/maintenance/retention.ts',
  find: "new Set(['processed', 'unknown'])",
  replace: `new Set(['processed', 'unknown', '${status}'])`,
  test: RETENTION,
  title: 'keeps what is pending, failed, quarantined or unrouted however old',
})

/** An event, an entry or a row is lost, repeated or held for ever. */
export const nothingLost: Planted[] = [
  {
    name: 'two states of a call are one event',
    file: 'src/payload/event.ts',
    find: '`call:${dialpadCallId}:${state}:${at}`',
    replace: '`call:${dialpadCallId}:${at}`',
    test: IDENTITY,
    title: 'an event that differs in state, instant or call is no repetition',
  },
  {
    name: 'two states of an SMS are one event',
    file: 'src/payload/event.ts',
    find: '`sms:${messageId}:${states}:${at}${sideOf(fields)}`',
    replace: '`sms:${messageId}:${at}${sideOf(fields)}`',
    test: IDENTITY,
    title: 'an event that differs in status, delivery result, instant or id of an SMS is no repetition',
  },
  ...['pending', 'failed', 'quarantined', 'unrouted'].map(keeps),
  {
    name: 'a lost lease goes unnoticed',
    file: 'src/events/batches.ts',
    find: 'if (held !== events.length) throw',
    replace: 'if (false) throw',
    test: PROCESSOR,
    title: 'a processor that lost its lease while it worked commits nothing',
  },
  {
    name: 'what another instance holds is finished',
    file: 'src/events/store.ts',
    find: 'and(isAnyOf(events.id, ids), eq(events.claimedBy, claimedBy), isPending)',
    replace: 'and(isAnyOf(events.id, ids), isPending)',
    test: PROCESSOR,
    title: 'a holder whose lease is over can neither end nor give back what another holds',
  },
  {
    name: 'an event whose holder keeps dying is tried for ever',
    file: 'src/events/batches.ts',
    find: 'if (event.attempts > MAX_CLAIMS) await',
    replace: 'if (false) await',
    test: PROCESSOR,
    title: 'an event whose holder dies each time is claimed fifty times and becomes a dead letter',
  },
  {
    name: 'a claim counts no attempt',
    file: 'src/events/store.ts',
    find: 'attempts: sql`${events.attempts} + 1`',
    replace: 'attempts: sql`${events.attempts}`',
    test: PROCESSOR,
    title: 'an event whose holder dies each time is claimed fifty times and becomes a dead letter',
  },
  {
    name: 'catch-up ends after a page of 500',
    file: 'src/stream/hub.ts',
    find: 'seq = past.at(-1)?.seq ?? feed.published',
    replace: 'seq = feed.published',
    test: CATCH_UP,
    title: 'a socket that comes back after seq 0 gets each missed entry once and in order',
  },
  {
    name: 'catch-up repeats the last entry of each page',
    file: 'src/stream/hub.ts',
    find: 'seq = past.at(-1)?.seq ?? feed.published',
    replace: 'seq = (past.at(-1)?.seq ?? feed.published) - (past.length > 1 ? 1 : 0)',
    test: CATCH_UP,
    title: 'a socket that comes back after seq 0 gets each missed entry once and in order',
  },
  {
    name: 'one large commit is published up to a page',
    file: 'src/stream/hub.ts',
    find: 'full = entries.length === PAGE',
    replace: 'full = false',
    test: CATCH_UP,
    title: 'a socket that listens gets each entry of one large commit of another process',
  },
  {
    name: 'a cursor passes over rows of its own instant',
    file: 'src/calls/store-criteria.ts',
    find: 'and(from(value, afterValue), or(beyond(value, afterValue), beyond(id, afterId)))',
    replace: 'beyond(value, afterValue)',
    test: PAGING,
    title: 'GET /api/calls?sort=-started_at gives each row once and in order',
  },
  {
    name: 'an export passes over calls of the instant at which a page ends',
    file: 'src/calls/store-criteria.ts',
    find: 'and(from(value, afterValue), or(beyond(value, afterValue), beyond(id, afterId)))',
    replace: 'beyond(value, afterValue)',
    test: PAGING,
    title: 'an export by -started_at has each call once and in order',
  },
  {
    name: 'has_more is wrong by one',
    file: 'src/lib/cursor.ts',
    find: 'found.length > page.limit',
    replace: 'found.length >= page.limit',
    test: PAGING,
    title: 'says that there is more exactly when there is',
  },
  {
    name: 'a pong is no sign of life',
    file: 'src/stream/socket.ts',
    find: 'pong: () => hub.markAlive(subscriber)',
    replace: 'pong: () => {}',
    test: 'test/stream/silent-peers.test.ts',
    title: 'a peer that answers pings with pongs alone stays connected',
  },
  {
    name: 'a silent peer stays for ever',
    file: 'src/stream/hub.ts',
    find: 'subscriber.missedBeats >= SILENT_BEATS',
    replace: 'false',
    test: 'test/stream/silent-peers.test.ts',
    title: 'one that is silent is cut off',
  },
  {
    name: 'a group commit of any size',
    file: 'src/events/group-commit.ts',
    find: 'const group = waiting.slice(0, MAX_GROUP)\n      waiting = waiting.slice(MAX_GROUP)',
    replace: 'const group = waiting\n      waiting = []',
    test: 'test/events/group-commit.test.ts',
    title: 'a flood is committed in groups of bounded size',
  },
  {
    name: 'a 503 is kept for a day',
    file: 'src/http/idempotency/service.ts',
    find: 'new Set([429, 500, 503])',
    replace: 'new Set([429, 500])',
    test: IDEMPOTENCY,
    title: 'a 503 is not kept',
  },
  {
    name: 'the key of a killed request is held for a day',
    file: 'src/http/idempotency/service.ts',
    find: 'expiresAt: now + IN_FLIGHT_MS',
    replace: 'expiresAt: now + KEPT_MS',
    test: IDEMPOTENCY,
    title: 'the key of a request that never ended, as when the server was killed, is free after ten minutes',
  },
  {
    name: 'an entry that comes while an instance begins to deliver waits for a sweep',
    file: 'src/endpoints/deliverer.ts',
    find: 'if (notifications !== seen) pump(appId)',
    replace: '',
    test: 'test/endpoints/arrivals-at-start.test.ts',
    title: 'an entry that comes while an instance begins to deliver is delivered without a sweep',
  },
  {
    name: 'an entry that was refused is not tried again',
    file: 'src/endpoints/schedule.ts',
    find: 'if (delay === null) return',
    replace: 'if (delay !== null) return',
    test: 'test/endpoints/schedule.test.ts',
    title: 'whatever the attempts, a delivery ends delivered or failed',
  },
]
