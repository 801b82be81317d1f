import { fromNumberOf, talkSecondsOf, textOf } from './deliveries'
import { admin, type Tenant } from './instance'
import type { Entry, Listener } from './listener'
import type { Sent } from './sender'

/**
 * Settles accounts at the end of a scenario, from outside: what the server acknowledged is processed once, the entries are
 * numbered without hole or repeat, and every client that came back has all of them.
 */

const DRAIN_WITHIN_MS = 120_000

export interface Account {
  sent: number
  acknowledged: number
  entries: number
  /** Ms from the end of the load until nothing waited. */
  drainMs: number
  /** Dead letters, quarantined, unrouted or unknown events. */
  notProcessed: number
  /** Each line says what is wrong; none is the only good result. */
  faults: string[]
}

interface StoredEvent {
  id: string
  status: string
  error: string | null
}
interface Call {
  dialpad_call_id: number
  status: string
  from_number: string
  talk_seconds: number
}

export async function settle(url: string, tenant: Tenant, sent: Sent[], listeners: Listener[]): Promise<Account> {
  const faults: string[] = []
  const drainMs = await drained(url, faults)
  const entries = await allEntries(url, tenant, faults)
  await heardAll(listeners, entries.length, faults)
  const stored = await storedEvents(url)
  const acknowledged = sent.filter(({ eventId }) => eventId !== null)
  for (const { eventId, kind, id, state } of acknowledged) {
    const event = stored.get(eventId!)
    if (!event) faults.push(`lost: ${kind} ${id} ${state} was acknowledged as ${eventId}, which is not stored`)
    else if (event.status !== 'processed')
      faults.push(`not processed: ${kind} ${id} ${state} is ${event.status}: ${event.error}`)
  }
  if (stored.size > new Set(sent.map(({ kind, id, state }) => `${kind} ${id} ${state}`)).size)
    faults.push(`repeated: ${stored.size} events are stored`)
  checkEffects(acknowledged, entries, await allCalls(url, tenant), faults)
  return {
    sent: sent.length,
    acknowledged: acknowledged.length,
    entries: entries.length,
    drainMs,
    notProcessed: [...stored.values()].filter(({ status }) => status !== 'processed').length,
    faults,
  }
}

async function drained(url: string, faults: string[]): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { stats } = await admin<{ stats: { pending: number } }>(url, 'events/stats')
    const took = performance.now() - began
    if (stats.pending === 0) return took
    if (took > DRAIN_WITHIN_MS) {
      faults.push(`${stats.pending} events are still pending after ${DRAIN_WITHIN_MS / 1000} s`)
      return took
    }
    await Bun.sleep(50)
  }
}

async function allEntries(url: string, { apiKey }: Tenant, faults: string[]): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let isMore = true; isMore; ) {
    const after = entries.at(-1)?.seq ?? 0
    const answer = await fetch(`${url}/api/events?after=${after}&limit=100`, { headers: { 'x-app-api-key': apiKey } })
    const page = (await answer.json()) as { events: Entry[]; pagination: { has_more: boolean } }
    entries.push(...page.events)
    isMore = page.pagination.has_more
  }
  for (const [index, { seq }] of entries.entries())
    if (seq !== index + 1) {
      faults.push(`numbering: ${seq} stands at place ${index + 1}`)
      break
    }
  return entries
}

/** Every client has the last entry; that it missed none on the way it checked itself. */
async function heardAll(listeners: Listener[], last: number, faults: string[]): Promise<void> {
  const end = performance.now() + 30_000
  while (listeners.some((listener) => listener.last() < last) && performance.now() < end) await Bun.sleep(20)
  for (const [index, listener] of listeners.entries()) {
    if (listener.last() !== last) faults.push(`socket ${index} has ${listener.last()} of ${last} entries`)
    faults.push(...listener.faults.map((fault) => `socket ${index}: ${fault}`))
  }
}

async function storedEvents(url: string): Promise<Map<string, StoredEvent>> {
  const stored = new Map<string, StoredEvent>()
  await paged(async (cursor) => {
    type Page = { events: StoredEvent[]; pagination: { next_cursor: string | null } }
    const { events, pagination } = await admin<Page>(url, `events?limit=100${cursor}`)
    for (const event of events) stored.set(event.id, event)
    return pagination.next_cursor
  })
  return stored
}

async function allCalls(url: string, { apiKey }: Tenant): Promise<Map<number, Call>> {
  const calls = new Map<number, Call>()
  await paged(async (cursor) => {
    const answer = await fetch(`${url}/api/calls?limit=100${cursor}`, { headers: { 'x-app-api-key': apiKey } })
    const page = (await answer.json()) as { calls: Call[]; pagination: { next_cursor: string | null } }
    for (const call of page.calls) calls.set(call.dialpad_call_id, call)
    return page.pagination.next_cursor
  })
  return calls
}

/** @param read reads one page after the cursor parameter. @returns its next cursor. */
async function paged(read: (cursor: string) => Promise<string | null>): Promise<void> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next = await read(cursor)
    cursor = next && `&cursor=${encodeURIComponent(next)}`
  }
}

/** Each acknowledged event has had its effect once, with its own content. */
function checkEffects(acknowledged: Sent[], entries: Entry[], calls: Map<number, Call>, faults: string[]): void {
  const counted = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = `${entry.event} ${entry.call_id ?? entry.message_id}`
    counted.set(key, [...(counted.get(key) ?? []), entry])
  }
  for (const [key, { length }] of counted)
    if (length > 1 && /^(call\.(ring|started|ended)|message\.received) /.test(key))
      faults.push(`${length} times ${key}`)
  for (const { kind, id, state } of acknowledged) {
    if (kind === 'sms') {
      const [entry] = counted.get(`message.received ${id}`) ?? []
      if (!entry) faults.push(`no entry: message.received ${id}`)
      else if (entry.text !== textOf(id) || entry.from_number !== fromNumberOf(id))
        faults.push(`wrong content: message ${id} says ${entry.text}`)
    } else {
      const call = calls.get(id)
      if (!call) faults.push(`no call: ${id}`)
      else if (call.from_number !== fromNumberOf(id))
        faults.push(`wrong content: call ${id} is from ${call.from_number}`)
      else if (state === 'hangup') {
        if (call.status !== 'ended') faults.push(`call ${id} hung up and is ${call.status}`)
        if (call.talk_seconds !== talkSecondsOf(id))
          faults.push(`wrong content: call ${id} talked ${call.talk_seconds} s`)
        if (!counted.has(`call.ended ${id}`)) faults.push(`no entry: call.ended ${id}`)
      }
    }
  }
}
