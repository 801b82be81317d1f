import { eq } from 'drizzle-orm'
import { startDialpad } from '../support/dialpad/start'
import { freePort } from '../support/free-port'
import { startTestServer } from '../support/server'
import {
  AT,
  CALLS,
  dump,
  insertMachinery,
  insertRecords,
  insertStream,
  rowsOf,
  type SeededApp,
  seededApp,
  USERS,
} from './seed'

/** What only the other app has, under keys that could be anybody's. */
export const ONLY_THEIRS = {
  user: 5_000_099,
  crmUser: 'only-theirs',
  customer: 'customer-theirs',
  phone: '+15555550177',
  call: 7_000_088,
  conversation: '019a4f6e-0a10-7c55-8c0d-0000000c0de2',
}

export type KeyedApp = SeededApp & { key: string }
export type TwoAppServer = Awaited<ReturnType<typeof startTwoAppServer>>

const ENDPOINTS = { mine: 600, theirs: 610 } as const
/** Also base64, as the secrets of endpoints are. */
const SECRET = 'aWebhookSecretOf32CharactersLong'

/** A server of two apps, `mine` and `theirs`, whose rows have the same natural keys, beside one company at Dialpad. */
export async function startTwoAppServer(databaseUrl: string) {
  const dialpad = startDialpad({ rateLimits: false, wait: async () => {} })
  const [first, second] = dialpad.state.users
  first!.id = USERS.ann
  second!.id = ONLY_THEIRS.user
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = await startTestServer(databaseUrl, {
    PORT: String(port),
    PUBLIC_URL: url,
    DIALPAD_API_KEY: dialpad.apiKey,
    DIALPAD_BASE_URL: dialpad.url,
    DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
    DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
  })
  const { database, secretBox } = server.services
  const { tables } = database
  const q = database.queries
  const secret = await secretBox.seal(SECRET)
  const tokens = await secretBox.seal(JSON.stringify({ access_token: 'access', refresh_token: null }))

  const keyed = async (name: string, entries: number): Promise<KeyedApp> => {
    const { appId, apiKey } = await server.createApp(name)
    return { ...seededApp(appId, entries), key: apiKey }
  }
  const mine = await keyed('Mine', 3)
  const theirs = await keyed('Theirs', 4)

  /** What Dialpad has of an app: its endpoint, its subscription, its recording. It delivers nothing by itself. */
  function seedDialpad(app: SeededApp, endpoint: number): void {
    const { endpoints, subscriptions, media } = dialpad.state
    const hookUrl = `${url}/webhooks/dialpad/${app.idOf('webhook-1')}`
    endpoints.set(endpoint, { id: endpoint, kind: 'webhook', hookUrl, secret: SECRET })
    const id = endpoint + 1
    const settings = { call_states: ['admin'] }
    subscriptions.set(id, { id, kind: 'call', endpointId: endpoint, settings, enabled: true, scopes: 'all' })
    const bytes = new TextEncoder().encode(`audio of ${app.id}`)
    media.set(`/blob/${app.id}`, { bytes, type: 'audio/mpeg', access: 'token' })
  }

  async function seed(app: SeededApp, endpoint: number): Promise<void> {
    seedDialpad(app, endpoint)
    await database.transaction(async (tx) => {
      await insertRecords(tx, database, app, dialpad.url)
      await insertMachinery(tx, database, app, { secret, tokens, url, endpoint })
      await insertStream(tx, database, app)
      // Pending for ever, it would never let the queue come to rest.
      await tx.delete(tables.webhookEvents).where(eq(tables.webhookEvents.id, app.idOf('event-2')))
    })
  }

  async function seedOnlyTheirs(): Promise<void> {
    const { user, crmUser, customer, phone, call, conversation } = ONLY_THEIRS
    const { id: appId, idOf } = theirs
    const stamps = { createdAt: AT, updatedAt: AT }
    const own = await q
      .select()
      .from(tables.calls)
      .where(eq(tables.calls.id, idOf('call-1')))
    await q
      .insert(tables.calls)
      .values({ ...own[0]!, id: idOf('call-88'), dialpadCallId: call, conversationId: conversation })
    await q
      .insert(tables.dialpadUserMappings)
      .values({ id: idOf('mapping-99'), appId, dialpadUserId: user, crmUserId: crmUser, ...stamps })
    await q
      .insert(tables.customers)
      .values({ id: idOf('customer-99'), appId, externalId: customer, name: 'Theirs', attributes: {}, ...stamps })
    await q.insert(tables.customerPhones).values({ customerId: idOf('customer-99'), appId, phone })
    // Held, so that no run of the server's own moves it.
    await q
      .update(tables.backfills)
      .set({ claimedUntil: AT + 86_400_000 })
      .where(eq(tables.backfills.appId, appId))
  }

  await seed(mine, ENDPOINTS.mine)
  await seed(theirs, ENDPOINTS.theirs)
  await seedOnlyTheirs()
  const template = dialpad.call()
  await template.ring()
  const call = dialpad.state.calls.get(template.id)!

  return {
    ...server,
    url,
    dialpad,
    mine,
    theirs,
    secret: SECRET,
    theirEndpoint: ENDPOINTS.theirs,
    /** The rows of the other app, for comparing. */
    theirRows: async () => rowsOf(await dump(q, database), theirs),

    /** Makes all rows of `mine` anew, but for the app and its key. */
    async reseedMine(): Promise<void> {
      const { apiKeys: _, ...owned } = tables
      const isOfAnApp = (table: object): table is typeof tables.calls => 'appId' in table
      for (const table of Object.values(owned).filter(isOfAnApp)) await q.delete(table).where(eq(table.appId, mine.id))
      dialpad.state.endpoints.clear()
      dialpad.state.subscriptions.clear()
      await seed(mine, ENDPOINTS.mine)
      seedDialpad(theirs, ENDPOINTS.theirs)
      for (const id of Object.values(CALLS)) dialpad.state.calls.set(id, { ...call, call_id: id, state: 'ringing' })
    },

    async stop(): Promise<void> {
      await server.stop()
      await dialpad.stop()
    },
  }
}
