import type { Database } from '../db/database'
import { DomainError } from '../lib/errors'
import { parseJson } from '../lib/json'
import { parsePhoneNumber, type Region } from '../lib/phone-number'
import { decodeBody } from '../payload/body'
import type { StreamStore } from '../stream/store'
import type { MaintenanceStore } from './store'

const BATCH = 200
/** Fields of a stream entry without data about a person outside the company. */
const KEPT = new Set(
  'event seq timestamp id call_id message_id voicemail_id conversation_id direction status user_id dialpad_user_id target_crm_user connected_at ended_at end_reason'.split(
    ' ',
  ),
)

export interface ErasedCounts {
  calls: number
  messages: number
  voicemails: number
  stream_entries: number
  events: number
  customer_phones: number
}

type EntryData = Record<string, unknown>

export type Erasure = ReturnType<typeof createErasure>

/** Erases all data of a phone number or a customer in an app. Repeating it is harmless. */
export function createErasure(deps: {
  database: Database
  store: MaintenanceStore
  stream: { store: StreamStore }
  apps: { requireApp(appId: string): Promise<unknown> }
  region: Region
}) {
  const { database, store, stream, apps, region } = deps

  /** Erases raw events first, because processing one later would restore erased data. */
  async function eraseEvents(appId: string, number: string): Promise<number> {
    let erased = 0
    for (let after = ''; ; ) {
      const rows = await store.bodies(database.queries, appId, after, BATCH)
      const ids = rows.filter(({ body }) => bodyMentions(body, number)).map(({ id }) => id)
      if (ids.length > 0) erased += await database.transaction((tx) => store.removeEvents(tx, ids))
      if (rows.length < BATCH) return erased
      after = rows.at(-1)?.id ?? after
    }
  }

  async function eraseConversations(appId: string, number: string) {
    const erased = { calls: 0, voicemails: 0, conversations: new Set<unknown>() }
    for (;;) {
      const ids = await store.conversationsOf(database.queries, appId, number, BATCH)
      if (ids.length === 0) return erased
      const removed = await database.transaction((tx) => store.removeConversations(tx, appId, ids))
      erased.calls += removed.calls
      erased.voicemails += removed.voicemails
      for (const id of ids) erased.conversations.add(id)
    }
  }

  /** Rewrites the entries for which `change` returns new contents. Their `seq` remains, so readers see no gap. */
  async function rewriteEntries(appId: string, change: (data: string) => EntryData | null): Promise<number> {
    let rewritten = 0
    for (let after = 0; ; ) {
      const rows = await stream.store.after(database.queries, appId, after, BATCH)
      const changed = rows.flatMap(({ seq, data }) => {
        const entry = change(data)
        return entry ? [{ seq, data: JSON.stringify(entry) }] : []
      })
      if (changed.length > 0) await database.transaction((tx) => store.rewriteEntries(tx, appId, changed))
      rewritten += changed.length
      if (rows.length < BATCH) return rewritten
      after = rows.at(-1)?.seq ?? after
    }
  }

  return {
    /**
     * @param text the number in any format, or a short code.
     * @throws DomainError app_not_found, or validation_failed for an invalid number.
     */
    async eraseNumber(appId: string, text: string): Promise<{ number: string; erased: ErasedCounts }> {
      await apps.requireApp(appId)
      const number = parsePhoneNumber(text, region) ?? (/^\d{3,8}$/.test(text) ? text : null)
      if (number === null)
        throw new DomainError('validation_failed', 'Invalid phone number', {
          errors: [{ path: 'path.number', message: 'must be a phone number' }],
        })
      const events = await eraseEvents(appId, number)
      const { calls, voicemails, conversations } = await eraseConversations(appId, number)
      const rest = await database.transaction(async (tx) => ({
        messages: await store.removeMessages(tx, appId, number),
        voicemails: await store.removeVoicemails(tx, appId, number),
        phones: await store.removePhones(tx, appId, number),
      }))
      const entries = await rewriteEntries(appId, (data) => {
        const entry = JSON.parse(data) as EntryData
        const concerned = conversations.has(entry.conversation_id) || mentions(entry, number)
        return concerned && entry.erased !== true ? withoutPerson(entry) : null
      })
      const erased = {
        calls,
        messages: rest.messages,
        voicemails: voicemails + rest.voicemails,
        stream_entries: entries,
        events,
        customer_phones: rest.phones,
      }
      return { number, erased }
    },

    /** Removes a deleted customer from stream entries and from the custom data of calls. */
    async forgetCustomer(appId: string, externalId: string): Promise<void> {
      await store.forgetCustomData(database.queries, appId, externalId)
      const quoted = JSON.stringify(externalId)
      await rewriteEntries(appId, (data) => {
        if (!data.includes(quoted)) return null
        const entry = JSON.parse(data) as EntryData & { customer?: { id?: unknown } | null }
        if (entry.customer?.id !== externalId && entry.customer_id !== externalId) return null
        return { ...entry, customer: null, custom_data: null }
      })
    },
  }
}

/** Keeps event, seq, time and ids. Removes numbers, names and texts. */
const withoutPerson = (entry: EntryData): EntryData => ({
  ...Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key, KEPT.has(key) ? value : emptied(key, value)]),
  ),
  erased: true,
})

function emptied(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return []
  return key.endsWith('_seconds') && typeof value === 'number' ? value : null
}

function bodyMentions(body: string, number: string): boolean {
  const text = decodeBody(body)
  try {
    return mentions(parseJson(text), number)
  } catch {
    // A body that cannot be parsed is searched as text.
    return text.includes(number.replace('+', ''))
  }
}

/** Whether any text in a value is the number, in any format. */
function mentions(value: unknown, number: string): boolean {
  if (typeof value === 'string')
    return value === number || (LIKE_NUMBER.test(value) && digits(value) === digits(number))
  if (value === null || typeof value !== 'object') return false
  return Object.values(value).some((member) => mentions(member, number))
}

const LIKE_NUMBER = /^\+?[\d\s().-]{3,30}$/
const digits = (text: string) => text.replace(/\D/g, '')
