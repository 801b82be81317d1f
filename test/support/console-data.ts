import { SCENARIOS } from '../../src/simulator/scenarios'
import { type BrowserServer, callEvent } from './browser-server'

const PEOPLE: [name: string, phone: string][] = [
  ['Grace Hopper', '+15557654321'],
  ['Alan Turing', '+442079460958'],
  ['Katherine Johnson', '+15554440101'],
  ['Hedy Lamarr and Daughters, Radio and Frequency Hopping Limited', '+15554440102'],
  ['Edsger Dijkstra', '+31205550199'],
  ['<b>Robert</b>"); DROP TABLE calls;--', '+15554440103'],
]

/** Fills a server with a day of telephony, so that every page of the console has something to show. */
export async function fillConsole(server: BrowserServer): Promise<{ app_id: string; api_key: string }> {
  const app = await server.createApp('Field service CRM')
  const customers = PEOPLE.map(([name, phone], index) => ({
    external_id: `cust-${index + 1}`,
    name,
    phone,
    email: `person${index + 1}@example.com`,
    url: `https://crm.example.com/customers/${index + 1}`,
  }))
  await server.know(app.app_id, { customers, users: { 5000: 'ada' } })

  const minutes = 60_000
  let at = Date.now() - 180 * minutes
  let call_id = 4_100_000_000_000_000
  for (const [index, [name, external_number]] of PEOPLE.entries()) {
    const call = {
      call_id: ++call_id,
      at,
      external_number,
      contact_name: name,
      direction: index % 2 ? ('outbound' as const) : ('inbound' as const),
      user_id: 5000 + (index % 2),
      custom_data: JSON.stringify({ job_id: String(1001 + index) }),
    }
    await server.deliver(callEvent('ringing', call))
    const connected = { date_connected: at + 9_000 }
    if (index !== 2) {
      await server.deliver(callEvent('connected', { ...call, at: at + 9_000 }, connected))
      await server.deliver(callEvent('hold', { ...call, at: at + 60_000 }, connected))
      await server.deliver(callEvent('connected', { ...call, at: at + 75_000 }, connected))
    }
    const ended = { ...(index !== 2 && connected), date_ended: at + 200_000, talk_time: 190_000, duration: 191_000 }
    await server.deliver(
      callEvent('hangup', { ...call, at: at + 200_000 }, index === 2 ? { date_ended: at + 20_000 } : ended),
    )
    at += 20 * minutes
  }
  for (const scenario of ['voicemail', 'call-center', 'sms', 'call'] as const)
    for (const { payload } of SCENARIOS[scenario](20_000, Date.now() - 10 * minutes).events)
      await server.deliver(payload)

  const now = Date.now()
  const live = [
    callEvent('ringing', { call_id: ++call_id, at: now - 4_000, external_number: '+15557654321' }),
    callEvent(
      'connected',
      { call_id: ++call_id, at: now - 95_000, external_number: '+15554440101' },
      { date_connected: now - 95_000 },
    ),
    callEvent(
      'hold',
      { call_id: ++call_id, at: now - 20_000, external_number: '+15559990000', direction: 'outbound' },
      { date_connected: now - 300_000 },
    ),
  ]
  for (const payload of live) await server.deliver(payload)
  await server.services.database.queries.insert(server.services.database.tables.loadSamples).values(loadOf(now))
  // A state nobody knows: kept and marked unknown.
  await server.deliver({ state: 'brand_new_state', call_id: ++call_id, event_timestamp: now, direction: 'inbound' })
  return app
}

/** The load of a day with a busy noon, and a pause in the night. */
function loadOf(now: number) {
  const sampleMs = 30_000
  const last = now - (now % sampleMs)
  const samples = Array.from({ length: 2800 }, (_, index) => {
    const busy = 1 + Math.sin((Math.PI * index) / 2800) * 40 + (index % 7)
    const events = Math.round(busy * 3)
    return {
      instanceId: 'the-only-one',
      at: last - index * sampleMs,
      events,
      eventsTimed: events,
      eventMs: events * Math.round(4 + busy / 4),
      requests: events * 2,
      requestMs: events * Math.round(2 + busy / 9),
      queueDepth: index % 40 === 0 ? 12 : 0,
      sockets: Math.round(10 + busy),
      rssMb: 150 + Math.round(busy),
      heapMb: 60 + (index % 25),
    }
  })
  return samples.filter((_, index) => index < 1700 || index > 1900)
}
