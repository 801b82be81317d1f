import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { operations } from '../support/documented'
import { CALLS, CONVERSATION, USERS } from './seed'
import { startTwoAppServer, type TwoAppServer } from './two-app-server'

/** A token of one CRM user reads what is that user's: neither another user's, nor what is nobody's, nor another app's. */

interface Read {
  /** The path for Ann's row, Bob's and nobody's; the same path for a list. */
  paths(idOf: (name: string) => string): [anns: string, bobs: string, nobodys: string] | string
  /** The kind of row its answer shows. */
  row: 'call' | 'message' | 'voicemail'
}
const each = (row: Read['row'], path: (id: string) => string): Read => ({
  row,
  paths: (idOf) => [path(idOf(`${row}-1`)), path(idOf(`${row}-2`)), path(idOf(`${row}-3`))],
})
const list = (row: Read['row'], path: string): Read => ({ row, paths: () => path })

const directory = "the app's directory of customers is all its users'"
const managed = 'no token manages endpoints: 403, see every-route.test.ts'
const reads: Record<string, Read | string> = {
  listCustomers: directory,
  lookupCustomer: directory,
  getCustomer: directory,
  listEvents: 'see live.test.ts',
  streamEvents: 'see live.test.ts',
  listEndpoints: managed,
  getEndpoint: managed,
  listEndpointDeliveries: managed,
  listCalls: list('call', '/api/calls?include_total=true'),
  listActiveCalls: list('call', '/api/calls/active'),
  exportCalls: list('call', '/api/calls/export?format=ndjson'),
  listConversations: 'see below: its rows have ids of their own',
  getAnalytics: 'see below: it shows no row',
  getPresence: list('call', '/api/presence'),
  getConversation: list('call', `/api/conversations/${CONVERSATION}`),
  getCall: each('call', (id) => `/api/calls/${id}`),
  getCallRecording: each('call', (id) => `/api/calls/${id}/recording`),
  listMessages: list('message', '/api/messages?include_total=true'),
  getMessage: each('message', (id) => `/api/messages/${id}`),
  getMessageMedia: 'finds the message as getMessage does; see dialpad/message-media.test.ts',
  listVoicemails: list('voicemail', '/api/voicemails?include_total=true'),
  getVoicemail: each('voicemail', (id) => `/api/voicemails/${id}`),
  getVoicemailAudio: each('voicemail', (id) => `/api/voicemails/${id}/audio`),
}
const read = Object.entries(reads).filter((entry): entry is [string, Read] => typeof entry[1] === 'object')

let server: TwoAppServer
let ann: string
let theirAnn: string
let stranger: string

beforeAll(async () => {
  server = await startTwoAppServer(await freshUrl.sqlite())
  const tokenOf = async (key: string, user_id: string): Promise<string> =>
    (await server.request('POST', '/api/tokens', { headers: { 'x-app-api-key': key }, body: { user_id } })).body.token
  ann = await tokenOf(server.mine.key, 'ann')
  theirAnn = await tokenOf(server.theirs.key, 'ann')
  stranger = await tokenOf(server.mine.key, 'only-theirs')
}, 30_000)
afterAll(() => server.stop())

async function get(path: string, token: string) {
  const { status, body } = await server.request('GET', path, { headers: { authorization: `Bearer ${token}` } })
  return { status, body, text: typeof body === 'string' ? body : JSON.stringify(body) }
}

test('every route that reads with a key has a case here, or the reason why it is not limited to a user', () => {
  const routes = operations.filter(({ credentials, method }) => credentials === 'app' && method === 'GET')
  expect(routes.map(({ id }) => id).sort()).toEqual(Object.keys(reads).sort())
})

describe('a token of one user of an app', () => {
  test.each(read)("%s shows that user's rows, none of another's and none of nobody's", async (_id, { row, paths }) => {
    const { idOf } = server.mine
    const wanted = paths(idOf)
    const [anns, ...others] = typeof wanted === 'string' ? [wanted] : wanted
    const { status, text } = await get(anns!, ann)
    expect(status).toBe(200)
    if (!/recording$|audio$/.test(anns!)) expect(text).toContain(idOf(`${row}-1`))
    for (const name of [`${row}-2`, `${row}-3`]) expect(text).not.toContain(idOf(name))
    for (const other of others) expect((await get(other, ann)).status, other).toBe(404)
  })

  test.each(read)('%s shows nothing to the user of equal name in another app', async (_id, { paths }) => {
    const wanted = paths(server.mine.idOf)
    for (const path of [wanted].flat()) expect((await get(path, theirAnn)).text).not.toContain(server.mine.mark)
  })

  test.each(read)('%s shows nothing to a user who is mapped in another app alone', async (_id, { paths }) => {
    const wanted = paths(server.mine.idOf)
    for (const path of [wanted].flat()) {
      const { text } = await get(path, stranger)
      expect(text).not.toContain(server.mine.mark)
      expect(text).not.toContain(server.theirs.mark)
    }
  })

  test.each(['/api/calls', '/api/messages', '/api/voicemails'])(
    "%s counts that user's rows alone, and no filter widens it",
    async (path) => {
      expect((await get(`${path}?include_total=true`, ann)).body.pagination.total).toBe(1)
      for (const filter of ['user_id=bob', `dialpad_user_id=${USERS.bob}`, `user_id=ann&dialpad_user_id=${USERS.bob}`])
        expect((await get(`${path}?include_total=true&${filter}`, ann)).body.pagination.total).toBe(0)
    },
  )

  test("a call named by Dialpad's id is 404 when it is another user's or nobody's", async () => {
    expect((await get(`/api/calls/dialpad:${CALLS.open}`, ann)).status).toBe(200)
    for (const id of [CALLS.ended, CALLS.nobodys]) expect((await get(`/api/calls/dialpad:${id}`, ann)).status).toBe(404)
  })

  test("a conversation and its figures are computed from that user's legs", async () => {
    const [conversation, ...more] = (await get('/api/conversations', ann)).body.conversations
    expect(more).toEqual([])
    expect(conversation).toMatchObject({ id: CONVERSATION, status: 'active', leg_count: 1 })
    for (const filter of ['user_id=bob', `dialpad_user_id=${USERS.bob}`])
      expect((await get(`/api/conversations?${filter}`, ann)).body.conversations).toEqual([])
    const figures = async (query: string) => (await get(`/api/analytics?${query}`, ann)).body.analytics
    expect(await figures('interval=total')).toMatchObject([{ offered: 1, messages_in: 1 }])
    expect(await figures('interval=total&group_by=user')).toMatchObject([
      { dialpad_user_id: USERS.ann, user_id: 'ann' },
    ])
  })

  test("an export as CSV holds that user's calls alone", async () => {
    const { text } = await get('/api/calls/export?format=csv', ann)
    expect(text).toContain(server.mine.idOf('call-1'))
    expect(text.trim().split('\n')).toHaveLength(2)
    for (const filter of ['user_id=bob', `dialpad_user_id=${USERS.bob}`])
      expect((await get(`/api/calls/export?format=csv&${filter}`, ann)).text.trim().split('\n')).toHaveLength(1)
  })
})
