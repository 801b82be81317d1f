import type { Planted } from '../mutant'

const STORES = 'test/isolation/stores.test.ts'

/** One app sees or changes what is another's. Each single filter of each store is also taken out by `filters` in `rooms.ts`. */
export const isolation: Planted[] = [
  {
    name: 'the stream after a seq without its app',
    file: 'src/stream/store.ts',
    find: "and(eq(streamEntries.appId, sql.placeholder('appId')), gt(streamEntries.seq, sql.placeholder('seq')))",
    replace: "gt(streamEntries.seq, sql.placeholder('seq'))",
    test: STORES,
    title: 'after reads, changes and deletes what is of its own app alone',
  },
  {
    name: 'a purge of the stream without its app',
    file: 'src/stream/store.ts',
    find: 'and(eq(streamEntries.appId, appId), lte(streamEntries.seq, last.seq))',
    replace: 'lte(streamEntries.seq, last.seq)',
    test: STORES,
    title: 'purge reads, changes and deletes what is of its own app alone',
  },
  {
    name: 'idempotency keys shared by all apps',
    file: 'src/http/idempotency/store.ts',
    find: 'and(eq(keys.appId, appId), eq(keys.key, key))',
    replace: 'eq(keys.key, key)',
    test: 'test/http/idempotency.test.ts',
    title: 'keys of two apps are independent',
  },
  {
    name: "a socket takes another app's key for the app it names",
    file: 'src/stream/socket.ts',
    find: 'message.app_id !== principal.appId',
    replace: 'false',
    test: 'test/isolation/live.test.ts',
    title: 'a socket whose message names another app is closed',
  },
  {
    name: 'a catch-up without the filter of the socket',
    file: 'src/stream/hub.ts',
    find: 'if (passes(subscriber.filter, entry)) subscriber.socket.send(entry.data)',
    replace: 'subscriber.socket.send(entry.data)',
    test: 'test/isolation/live.test.ts',
    title: "receives while it catches up what is its app's and its user's alone",
  },
  {
    name: "a token of one user reads another user's stream",
    file: 'src/stream/queries.ts',
    find: '[query.userId, principal.userId].filter',
    replace: '[query.userId].filter',
    test: 'test/isolation/live.test.ts',
    title: "shows a token of one user that user's entries alone",
  },
  {
    name: 'a message by id without the check of who may see it',
    file: 'src/messages/queries.ts',
    find: 'if (row && (await users.lookup.maySee(principal, row.dialpadUserId))) return row',
    replace: 'if (row) return row',
    test: 'test/isolation/one-user.test.ts',
    title: "getMessage shows that user's rows",
  },
  {
    name: 'a voicemail by id without the check of who may see it',
    file: 'src/voicemails/queries.ts',
    find: '!row || !(await users.lookup.maySee(principal, row.voicemail.dialpadUserId))',
    replace: '!row',
    test: 'test/isolation/one-user.test.ts',
    title: "getVoicemail shows that user's rows",
  },
]
