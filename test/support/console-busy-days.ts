import { type BrowserServer, callEvent } from './browser-server'
import { until } from './until'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Callers with names in several scripts, one very long and one that is HTML. */
const CALLERS: [name: string, number: string][] = [
  ['山田 太郎', '+81355550123'],
  ['김민준', '+8225550144'],
  ['مريم الهاشمي', '+97145550166'],
  ['שרה כהן', '+97235550188'],
  ['Zoë Müller-Lüdenscheidt', '+493055501277'],
  ['<img src=x onerror=alert(1)>', '+15554440177'],
  ['Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft', '+431555019'],
]
const AGENTS: [id: number, name: string, user: string][] = [
  [5000, 'Ada Agent', 'ada'],
  [5001, 'Bo Agent', 'bo'],
  [5002, '佐藤 花子', 'hanako'],
]

/** Two weeks of calls, texts in several scripts, voicemails, agents on duty: what the figures are made of. */
export async function addBusyDays(server: BrowserServer, app_id: string, now = Date.now()): Promise<void> {
  await server.know(app_id, {
    customers: CALLERS.map(([name, phone], index) => ({ external_id: `busy-${index}`, name, phone })),
    users: { 5001: 'bo', 5002: 'hanako' },
  })
  let call_id = 4_700_000_000_000_000
  for (let day = 13; day >= 0; day--)
    for (let index = 0; index < 6 + ((day * 5) % 7); index++) {
      const at = now - day * DAY - (2 + index) * 47 * MINUTE
      await deliverCall(server, ++call_id, at, day * 7 + index)
    }
  await deliverTexts(server, now)
  for (const [id, name] of AGENTS)
    await server.deliver({
      on_duty_status: id === 5001 ? 'wrapup' : 'available',
      event_timestamp: now - MINUTE,
      target: { id, type: 'user', name },
    })
  await until('everything to be processed', async () => {
    const { stats } = await server.call<{ stats: { pending: number } }>('GET', '/internal/events/stats')
    return stats.pending === 0
  })
}

async function deliverCall(server: BrowserServer, call_id: number, at: number, index: number): Promise<void> {
  const [contact_name, external_number] = CALLERS[index % CALLERS.length]!
  const [user_id, name] = AGENTS[index % AGENTS.length]!
  const target = { id: user_id, type: 'user', name, phone: '+15550000001' }
  const call = { call_id, at, external_number, contact_name, user_id }
  const isMissed = index % 5 === 3
  await server.deliver(callEvent('ringing', call, { target, date_rang: at }))
  if (isMissed && index % 2) {
    const left = { voicemail_link: 'https://dialpad.com/v/1', recording_details: [{ duration: 14_000 }], target }
    await server.deliver(callEvent('hangup', { ...call, at: at + 25_000 }, { target, date_ended: at + 25_000 }))
    const text = { transcription_text: 'مرحبا، أرجو الاتصال بي. ご連絡ください。 Please call me back.' }
    await server.deliver(callEvent('voicemail_uploaded', { ...call, at: at + 30_000 }, { ...left, ...text }))
    return
  }
  const talk = 60_000 + (index % 9) * 45_000
  const connected = { target, date_connected: at + 4000 + (index % 6) * 2000 }
  if (!isMissed) await server.deliver(callEvent('connected', { ...call, at: connected.date_connected }, connected))
  const ended = isMissed ? at + 25_000 : connected.date_connected + talk
  await server.deliver(
    callEvent('hangup', { ...call, at: ended }, { ...(isMissed ? { target } : connected), date_ended: ended }),
  )
}

async function deliverTexts(server: BrowserServer, now: number): Promise<void> {
  const texts: [caller: number, direction: 'inbound' | 'outbound', text: string][] = [
    [0, 'inbound', '明日の午前中に来ていただけますか？'],
    [0, 'outbound', 'はい、10時に伺います。'],
    [0, 'inbound', 'ありがとうございます！'],
    [2, 'inbound', 'هل يمكنكم الحضور غدًا صباحًا؟ الرقم 12'],
    [2, 'outbound', 'Yes, at ten. The address is 12 High Street, 2nd floor?'],
    [3, 'inbound', 'תודה רבה! נתראה מחר בשעה 10:00.'],
    [4, 'outbound', 'Your technician is on the way and arrives within thirty minutes. Reply STOP to end these texts.'],
    [5, 'inbound', '<script>alert("text")</script>'],
  ]
  for (const [index, [caller, direction, text]] of texts.entries()) {
    const [name, other] = CALLERS[caller]!
    const ours = '+15550000001'
    await server.deliver({
      id: 4_800_000_000 + index,
      created_date: now - (texts.length - index) * 11 * MINUTE,
      direction,
      from_number: direction === 'inbound' ? other : ours,
      to_number: [direction === 'inbound' ? ours : other],
      text,
      message_status: index === 6 ? 'failed' : 'success',
      ...(index === 6 && { message_delivery_result: 'no_route' }),
      contact: { id: 900 + caller, type: 'local', name, phone: other },
      target: { id: 5000, type: 'user', name: 'Ada Agent', phone: ours },
    })
  }
}
