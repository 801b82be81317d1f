import type { z } from 'zod'
import { createApp } from '../../src/app/http'
import { freshUrl } from '../support/backends'
import { mp3 } from '../support/dialpad/audio'
import { startDialpad } from '../support/dialpad/start'
import { type Answer, createCaller, type Documented, exampleBody, operations, type Wanted } from '../support/documented'
import { freePort } from '../support/free-port'
import { ADMIN_SECRET, hmac, startTestServer, type TestServer } from '../support/server'
import { until } from '../support/until'
import { startWebhookReceiver } from '../support/webhook-receiver'

/** A server with one of everything that routes lead to, beside a Dialpad. */

export const SECRET_OF_MINE = 'Only-of-mine-7f3a'
export const byId = (id: string): Documented => operations.find((one) => one.id === id)!

export type World = Awaited<ReturnType<typeof createWorld>>

/**
 * @param seen collects `operationId status`, and `operationId code` of problems.
 * @param databaseUrl of an empty database; SQLite unless given.
 */
export async function createWorld(seen: Set<string>, databaseUrl?: string) {
  const dialpad = startDialpad({ rateLimits: false, wait: async () => {} })
  const ids: Record<string, string> = {}
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  dialpad.allowRedirectTo(`${url}/auth/dialpad/callback`)
  const dialpadSettings = {
    DIALPAD_API_KEY: dialpad.apiKey,
    DIALPAD_BASE_URL: dialpad.url,
    DIALPAD_SANDBOX_CLIENT_ID: dialpad.clientId,
    DIALPAD_SANDBOX_CLIENT_SECRET: dialpad.clientSecret,
    PUBLIC_URL: url,
  }
  const server = await startTestServer(databaseUrl ?? (await freshUrl.sqlite()), {
    PORT: String(port),
    ...dialpadSettings,
  })
  const call = createCaller(url, modelsOf(server), seen)
  const mine = await server.createApp('Mine')
  const other = await server.createApp('Other')
  ids.spare = (await server.createApp('Spare')).appId
  ids.doomed = (await server.createApp('Doomed')).appId
  const admin = async (id: string, wanted: Wanted) => must(await call(byId(id), ADMIN_SECRET, wanted))
  const app = async (id: string, wanted: Wanted = {}) => must(await call(byId(id), mine.apiKey, wanted))
  const readToken = (await app('createToken', { body: {} })).token
  const own = { app_id: mine.appId }

  for (const [dialpad_user_id, crm_user_id] of [
    [5991398486736896, 'ann@example.com'],
    [777, SECRET_OF_MINE],
  ])
    await admin('mapUser', { ids: own, body: { dialpad_user_id, crm_user_id } })
  ids.mapping = (await admin('mapUser', { ids: own, body: { dialpad_user_id: 778, crm_user_id: 'x' } })).mapping.id
  await app('saveCustomers', {
    body: {
      customers: [
        { external_id: SECRET_OF_MINE, name: SECRET_OF_MINE, phones: ['+15551234567'] },
        { external_id: 'doomed', name: 'Doomed' },
      ],
    },
  })
  ids.customer = (await app('getCustomer', { ids: { id: `external:${SECRET_OF_MINE}` } })).customer.id

  const made = await admin('createWebhook', { query: `?app_id=${mine.appId}` })

  ids.webhook = made.webhook_id
  const heard = dialpad.call()
  await heard.ring()
  await heard.connect()
  await heard.recorded(new Uint8Array(1000).fill(5))
  const ringing = dialpad.call()
  await ringing.ring()
  for (let i = 0; i < 2; i++) await dialpad.call().voicemail(new Uint8Array(700))
  ids.call = `dialpad:${heard.id}`
  ids.ringing = `dialpad:${ringing.id}`
  await until('two voicemails are there', async () => (await app('listVoicemails')).voicemails.length === 2)
  const { voicemails } = await app('listVoicemails')
  ids.voicemail = voicemails[0].id
  ids.spareVoicemail = voicemails[1].id
  ids.conversation = (await app('getCall', { ids: { id: ids.call } })).call.conversation_id
  dialpad.state.media.set('/blob/mms/1', { bytes: mp3(), type: 'audio/mpeg', access: 'token' })
  await dialpad.deliver('sms', {
    id: 4400,
    created_date: Date.now(),
    direction: 'inbound',
    from_number: '+15551234567',
    to_number: ['+15559876543'],
    text: SECRET_OF_MINE,
    mms_url: `${dialpad.url}/blob/mms/1`,
    message_status: 'success',
    target: { id: 5991398486736896, type: 'user' },
  })
  await until('a message is there', async () => (await app('listMessages')).messages.length > 0)
  ids.message = (await app('listMessages')).messages[0].id
  ids.event = (await admin('listQueuedEvents', { query: '?status=processed&limit=1' })).events[0].id

  const receiver = startWebhookReceiver()
  const settings = { url: receiver.url, description: SECRET_OF_MINE }
  const { endpoint, secret } = await app('createEndpoint', { body: { ...settings, since: 0 } })
  receiver.secret = secret
  ids.endpoint = endpoint.id
  ids.delivery = `${endpoint.id}_1`
  for (const spare of ['spareEndpoint', 'secondSpareEndpoint'])
    ids[spare] = (await app('createEndpoint', { body: settings })).endpoint.id
  const pending = () => app('getEndpoint', { ids: { id: ids.endpoint! } })
  await until('the deliveries', async () => (await pending()).endpoint.delivered_seq > 0)

  const subscribed = await admin('createSubscription', { ids: { id: ids.webhook! }, body: { kind: 'agent_status' } })
  ids.subscription = subscribed.subscription.id
  ids.link = (await admin('createAppConnectLink', { ids: own })).url
  const consent = await fetch(ids.link!, { redirect: 'manual' })
  const callback = await fetch(consent.headers.get('location')!, { redirect: 'manual' })
  await fetch(callback.headers.get('location')!)
  ids.connection = (await admin('listConnections', {})).connections[0].id
  ids.link = (await admin('createAppConnectLink', { ids: own })).url
  const again = await fetch((await admin('createAppConnectLink', { ids: own })).url, {
    redirect: 'manual',
  })
  ids.callback = (await fetch(again.headers.get('location')!, { redirect: 'manual' })).headers.get('location')!
  await admin('deleteSubscription', { ids: { id: ids.webhook!, subscription_id: ids.subscription! } })
  const replaced = await admin('createSubscription', { ids: { id: ids.webhook! }, body: { kind: 'agent_status' } })
  ids.subscription = replaced.subscription.id

  const backedUp = async () => (await admin('listBackups', {})).backups[0]?.name
  if (server.services.database.isShared) ids.backup = 'none-on-postgres.db'
  else {
    await admin('createBackup', {})
    await until('a backup is there', async () => (await backedUp()) !== undefined)
    ids.backup = await backedUp()
  }

  const secretOf = (id: string) =>
    [...dialpad.state.endpoints.values()].find(({ hookUrl }) => hookUrl?.endsWith(id))!.secret!
  /** What makes each operation succeed; the body is the document's own example unless another is needed. */
  const successes: Record<string, () => Wanted> = {
    deleteApp: () => ({ ids: { app_id: ids.doomed! } }),
    rotateApiKey: () => ({ ids: { app_id: ids.spare! } }),
    revokeApiKey: () => ({ ids: { app_id: ids.spare! } }),
    updateApp: () => ({ ids: { app_id: ids.spare! }, body: { name: 'Renamed' } }),
    getMappingOfDialpadUser: () => ({ ids: { app_id: mine.appId, id: 5991398486736896 } }),
    getMappingsOfCrmUser: () => ({ ids: { app_id: mine.appId, id: 'ann@example.com' } }),
    deleteMappingOfDialpadUser: () => ({ ids: { app_id: mine.appId, id: 777 } }),
    deleteMapping: () => ({ ids: { app_id: mine.appId, id: ids.mapping! } }),
    getAppVoicemail: () => ({ ids: { app_id: mine.appId, id: ids.voicemail! } }),
    deleteAppVoicemail: () => ({ ids: { app_id: mine.appId, id: ids.spareVoicemail! } }),
    getQueuedEvent: () => ({ ids: { id: ids.event! } }),
    replayQueuedEvent: () => ({ ids: { id: ids.event! }, body: {} }),
    routeEvents: () => ({ body: { app_id: mine.appId } }),
    replayQueuedEvents: () => ({ body: { status: 'failed' } }),
    lookupCustomer: () => ({ query: '?phone=%2B15551234567' }),
    eraseNumber: () => ({ ids: { app_id: mine.appId, number: '+14155550177' } }),
    downloadBackup: () => ({ ids: { name: ids.backup! } }),
    createBackupLink: () => ({ ids: { name: ids.backup! } }),
    downloadBackupByLink: () => ({
      ids: { name: ids.backup! },
      query: `?token=${server.services.maintenance.downloads.create(ids.backup!).token}`,
    }),
    getCustomer: () => ({ ids: { id: ids.customer! } }),
    deleteCustomer: () => ({ ids: { id: 'external:doomed' } }),
    placeCall: () => ({ body: { phone_number: '+14155550142', dialpad_user_id: dialpad.state.users[0]!.id } }),
    sendMessage: () => ({
      body: { to_numbers: ['+14155550142'], text: 'Hi', dialpad_user_id: dialpad.state.users[0]!.id },
    }),
    placeAppCall: () => ({ body: { phone_number: '+14155550142', dialpad_user_id: dialpad.state.users[0]!.id } }),
    sendAppMessage: () => ({
      body: { to_numbers: ['+14155550142'], text: 'Hi', dialpad_user_id: dialpad.state.users[0]!.id },
    }),
    getConversation: () => ({ ids: { id: ids.conversation! } }),
    getCall: () => ({ ids: { id: ids.call! } }),
    getMessage: () => ({ ids: { id: ids.message! } }),
    getMessageMedia: () => ({ ids: { id: ids.message!, index: '0' } }),
    getVoicemail: () => ({ ids: { id: ids.voicemail! } }),
    getCallRecording: () => ({ ids: { id: ids.call! } }),
    getVoicemailAudio: () => ({ ids: { id: ids.voicemail! } }),
    transferCall: () => ({ ids: { id: ids.call! }, body: { to: { phone_number: '+14155550199' } } }),
    hangUpCall: () => ({ ids: { id: ids.ringing! } }),
    receiveEvent: () => signed({ call_id: 90, state: 'ringing' }),
    createWebhook: () => ({ query: `?app_id=${mine.appId}`, body: { sms: true } }),
    reconcileWebhooks: () => ({ query: `?app_id=${mine.appId}` }),
    getWebhook: () => ({ ids: { id: ids.webhook! } }),
    testWebhook: () => ({ ids: { id: ids.webhook! } }),
    rotateWebhookSecret: () => ({ ids: { id: ids.webhook! } }),
    listSubscriptions: () => ({ ids: { id: ids.webhook! } }),
    createSubscription: () => ({ ids: { id: ids.webhook! }, body: { kind: 'agent_status' } }),
    deleteSubscription: () => ({ ids: { id: ids.webhook!, subscription_id: ids.subscription! } }),
    deleteWebhook: () => ({ ids: { id: ids.spareWebhook! } }),
    receiveWebhookEvent: () => ({
      ...signed({ call_id: 91, state: 'ringing' }, secretOf(ids.webhook!)),
      ids: { webhook_id: ids.webhook! },
    }),
    startBackfill: () => ({ body: { app_id: mine.appId } }),
    getBackfill: () => ({ query: `?app_id=${mine.appId}` }),
    authorizeDialpad: () => ({ query: new URL(ids.link!).search }),
    completeDialpadAuthorization: () => ({ query: new URL(ids.callback!).search }),
    deleteConnection: () => ({ ids: { id: ids.connection! } }),
    suggestMappings: () => ({ ids: { app_id: mine.appId }, body: { crm_users: [] } }),
    ...ofEndpoints(),
    simulateCall: () => ({ body: { app_id: ids.spare! } }),
  }
  /** The routes of endpoints, the app's own and the operator's. */
  function ofEndpoints(): Record<string, () => Wanted> {
    const wanted: Record<string, () => Wanted> = {
      createEndpoint: () => ({ body: { url: receiver.url } }),
      updateEndpoint: () => ({ body: { description: 'Renamed' } }),
      getEndpoint: () => ({}),
      deleteEndpoint: () => ({ ids: { id: ids.spareEndpoint! } }),
      rotateEndpointSecret: () => ({}),
      testEndpoint: () => ({}),
      listEndpointDeliveries: () => ({}),
      redeliverEndpointDelivery: () => ({ ids: { id: ids.endpoint!, delivery_id: ids.delivery! } }),
      replayEndpoint: () => ({ body: { since: 0 } }),
    }
    const doomed: Record<string, string> = { deleteAppEndpoint: 'secondSpareEndpoint' }
    const complete = (id: string, more: Wanted): Wanted => ({
      ...more,
      ids: { app_id: mine.appId, id: ids[doomed[id] ?? 'endpoint']!, ...(doomed[id] ? {} : more.ids) },
    })
    return Object.fromEntries(
      Object.entries(wanted).flatMap(([id, more]) =>
        [id, id.replace('Endpoint', 'AppEndpoint')].map((name) => [name, () => complete(name, more())]),
      ),
    )
  }
  const wantedOf = (one: Documented): Wanted => ({
    ids: { app_id: mine.appId },
    ...(one.operation.requestBody ? { body: exampleBody(one) } : {}),
    ...successes[one.id]?.(),
  })

  const keyOf = (one: Documented) =>
    one.credentials === 'admin' ? ADMIN_SECRET : one.credentials === 'app' ? mine.apiKey : null

  return {
    server,
    call,
    mine,
    other,
    readToken,
    ids,
    keyOf,
    wantedOf,
    async stop(): Promise<void> {
      await server.stop()
      await dialpad.stop()
      receiver.stop()
    },
  }
}

export function signed(event: object, secret?: string): Wanted {
  const body = JSON.stringify(event)
  return { body, headers: { 'x-dialpad-signature': hmac(body, secret) } }
}

/** The named schemas of a server's routes. */
export const modelsOf = (running: TestServer) =>
  (
    createApp(running.services, { state: () => 'ready', port: () => 0 }) as unknown as {
      getGlobalDefinitions(): { type: Record<string, z.ZodType> }
    }
  ).getGlobalDefinitions().type

function must({ status, body }: Answer) {
  if (status >= 400) throw new Error(JSON.stringify(body))
  return body
}
