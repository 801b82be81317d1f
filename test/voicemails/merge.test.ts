import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { compose, type Services } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { AGENT_ID, callEvent, T0 } from '../support/events'
import { quickWork, testConfig } from '../support/server'

describe.each(backends)('a voicemail on %s', (_name, open) => {
  let database: Database
  let services: Services
  let appId: string
  beforeEach(async () => {
    database = await open()
    services = compose(testConfig('sqlite::memory:'), database, () => T0, quickWork)
    appId = await insertApp(database, 'One', T0)
  })
  afterEach(() => database.close())

  /** The voicemails after these events, each processed before the next arrives. */
  async function voicemailsAfter(...events: object[]) {
    const principal = { appId, keyId: null, expiresAt: null, scopes: [], userId: null }
    for (const event of events) {
      const body = JSON.stringify(event)
      await services.events.receiver.storeEvent(body, body, { source: 'webhook', appId, webhookId: null })
      while ((await services.events.processor.processBatch()) > 0);
    }
    return (await services.voicemails.queries.list(principal, {}, { limit: 10 })).voicemails.sort(
      (a, b) => a.dialpad_call_id - b.dialpad_call_id,
    )
  }
  const sources = async () =>
    new Set((await database.queries.select().from(database.tables.voicemails)).map((row) => row.recordingSourceUrl))

  const uploaded = (callId: number, seconds: number, more: object = {}) =>
    callEvent(callId, 'voicemail_uploaded', T0 + seconds * 1000, {
      voicemail_link: 'https://dialpad.com/v/1',
      recording_details: [{ duration: 7400.6 }],
      transcription_text: 'call me',
      ...more,
    })
  const newer = {
    voicemail_link: 'https://dialpad.com/v/2',
    recording_details: [{ duration: 9600 }],
    transcription_text: 'call me back',
    target: { id: 77, type: 'user', name: 'Colleague' },
  }

  test('has the values of its newest snapshot, also when an older one arrives late', async () => {
    const voicemails = await voicemailsAfter(
      uploaded(1, 1),
      uploaded(1, 5, newer),
      uploaded(2, 5, newer),
      uploaded(2, 1),
      uploaded(2, 3, { transcription_text: 'between' }),
    )
    const expected = { duration_seconds: 10, transcript: 'call me back', dialpad_user_id: 77 }
    expect(voicemails).toHaveLength(2)
    for (const one of voicemails) expect(one).toMatchObject(expected)
    expect(await sources()).toEqual(new Set(['https://dialpad.com/v/2']))
  })

  test('keeps what a newer snapshot leaves out, and its length is in seconds', async () => {
    const silent = {
      voicemail_link: null,
      recording_details: [],
      transcription_text: null,
      target: {},
      external_number: null,
      internal_number: null,
    }
    const voicemails = await voicemailsAfter(uploaded(1, 1), uploaded(1, 5, silent))
    expect(voicemails).toMatchObject([
      {
        from_number: '+15555550109',
        to_number: '+15555550105',
        duration_seconds: 7,
        transcript: 'call me',
        dialpad_user_id: AGENT_ID,
      },
    ])
    expect(await sources()).toEqual(new Set(['https://dialpad.com/v/1']))
  })

  test('takes missing values from its call, from caller to called', async () => {
    const bare = {
      direction: null,
      external_number: null,
      internal_number: null,
      target: null,
      transcription_text: null,
    }
    const ringing = callEvent(1, 'ringing', T0, { transcription_text: 'of the call' })
    const [voicemail] = await voicemailsAfter(ringing, uploaded(1, 1, bare))
    expect(voicemail).toMatchObject({
      from_number: '+15555550109',
      to_number: '+15555550105',
      transcript: 'of the call',
      dialpad_user_id: AGENT_ID,
    })
  })

  test('a transcript alone creates none, and one of the same instant replaces the one before', async () => {
    const words = (callId: number, seconds: number) =>
      callEvent(callId, 'transcription', T0 + seconds * 1000, { transcription_text: 'in words' })
    expect(await voicemailsAfter(words(1, 1))).toEqual([])
    expect(await voicemailsAfter(uploaded(2, 1), words(2, 1))).toMatchObject([
      { dialpad_call_id: 2, transcript: 'in words', duration_seconds: 7 },
    ])
  })

  test('names its user and when it was left, although it arrived a day later', async () => {
    const contact = { id: 1, type: 'local', name: 'Ada Lovelace', phone: '+15555550149' }
    const [voicemail] = await voicemailsAfter(
      callEvent(1, 'hangup', T0 - 86_400_000, { contact, date_ended: T0 - 86_400_000 }),
      uploaded(1, 0, { contact }),
    )
    const { calls } = await services.calls.queries.list(
      { appId, keyId: null, expiresAt: null, scopes: [], userId: null },
      {},
      { limit: 1 },
    )
    expect(voicemail).toMatchObject({
      contact: { name: 'Ada Lovelace' },
      customer: null,
      call_id: calls[0]!.id,
      conversation_id: calls[0]!.conversation_id,
      left_at: calls[0]!.ended_at,
      created_at: new Date(T0).toISOString(),
    })
  })

  test('without its call has the time of its own event', async () => {
    const from = await voicemailsAfter(uploaded(1, -3600))
    await database.queries.delete(database.tables.calls)
    const [voicemail] = (
      await services.voicemails.queries.list(
        { appId, keyId: null, expiresAt: null, scopes: [], userId: null },
        {},
        { limit: 1 },
      )
    ).voicemails
    expect(from).toHaveLength(1)
    expect(voicemail).toMatchObject({ call_id: null, contact: null, left_at: new Date(T0 - 3600_000).toISOString() })
  })
})
