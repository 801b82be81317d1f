import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { compose } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import type { DomainError } from '../../src/lib/errors'
import { backends } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { hmac, quickWork, sign, testConfig, WEBHOOK_SECRET } from '../support/server'

const MINUTE = 60_000

describe.each(backends)('webhook secrets on %s', (_name, open) => {
  let database: Database
  let now = 1_800_000_000_000
  let nextCallId = 1
  const instances: ReturnType<typeof compose>[] = []
  beforeAll(async () => {
    database = await open()
  })
  afterAll(async () => {
    for (const { events } of instances) await events.processor.stop()
    await database.close()
  })

  function settings(more: Record<string, string>) {
    const config = testConfig('sqlite:unused', more)
    rmSync(config.dataDir, { recursive: true })
    const services = compose(config, database, () => now, quickWork)
    instances.push(services)
    return services
  }

  const bytes = (text: string) => new TextEncoder().encode(text)
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'accepted',
      (error: DomainError) => error.code,
    )

  /** A webhook of a new app, whose secret was rotated a moment ago. */
  async function rotated(services: ReturnType<typeof compose>, secret: string, old: string, oldUntil: number | null) {
    const id = Bun.randomUUIDv7()
    await database.queries.insert(database.tables.dialpadWebhooks).values({
      id,
      appId: (await services.apps.create('Acme', 'test')).app.id,
      kind: 'webhook',
      secretEncrypted: await services.secretBox.seal(secret),
      previousSecretEncrypted: await services.secretBox.seal(old),
      previousSecretUntil: oldUntil,
      createdAt: now,
      updatedAt: now,
    })
    return async (signedWith: string) =>
      code(
        services.events.receiver.receive(
          id,
          bytes(await sign(callEvent(nextCallId++, 'ringing', T0), signedWith)),
          null,
        ),
      )
  }

  test('the previous secret of a webhook is valid until its end and no longer, the new one without limit', async () => {
    const deliver = await rotated(settings({}), 'new secret', 'old secret', now + 5 * MINUTE)
    now += 5 * MINUTE - 1
    expect([await deliver('old secret'), await deliver('new secret')]).toEqual(['accepted', 'accepted'])
    now += 1
    expect([await deliver('old secret'), await deliver('new secret')]).toEqual(['signature_invalid', 'accepted'])
  })

  test('a previous secret whose end is not known is not accepted', async () => {
    expect(await (await rotated(settings({}), 'new secret', 'old secret', null))('old secret')).toBe(
      'signature_invalid',
    )
  })

  test('a webhook accepts neither the secret of another webhook nor that of the shared route', async () => {
    const services = settings({})
    const one = await rotated(services, 'one', 'one before', now + MINUTE)
    await rotated(services, 'two', 'two before', now + MINUTE)
    for (const secret of ['two', 'two before', WEBHOOK_SECRET]) expect(await one(secret)).toBe('signature_invalid')
  })

  test('the shared route accepts each of its secrets, and no secret of a webhook', async () => {
    const services = settings({ DIALPAD_WEBHOOK_SECRET: 'first, second' })
    await rotated(services, 'own', 'own before', now + MINUTE)
    const deliver = async (secret: string) =>
      code(
        services.events.receiver.receiveShared(bytes(await sign(callEvent(nextCallId++, 'ringing', T0), secret)), null),
      )
    for (const secret of ['first', 'second']) expect(await deliver(secret)).toBe('accepted')
    for (const secret of ['own', 'first, second', 'firs', WEBHOOK_SECRET])
      expect(await deliver(secret)).toBe('signature_invalid')
  })

  test('DIALPAD_HMAC_WEBHOOKS=false refuses signed JSON on both routes and still takes JWT bodies', async () => {
    for (const [allowed, expected] of [
      ['true', 'accepted'],
      ['false', 'signature_invalid'],
    ] as const) {
      const services = settings({ DIALPAD_HMAC_WEBHOOKS: allowed })
      const event = callEvent(nextCallId++, 'ringing', T0)
      const body = JSON.stringify(event)
      expect(await code(services.events.receiver.receiveShared(bytes(body), hmac(body)))).toBe(expected)
      const jwt = await sign(callEvent(nextCallId++, 'ringing', T0))
      expect(await code(services.events.receiver.receiveShared(bytes(jwt), null))).toBe('accepted')
      const id = Bun.randomUUIDv7()
      await database.queries.insert(database.tables.dialpadWebhooks).values({
        id,
        appId: (await services.apps.create('Acme', 'test')).app.id,
        kind: 'webhook',
        secretEncrypted: await services.secretBox.seal('own'),
        createdAt: now,
        updatedAt: now,
      })
      expect(await code(services.events.receiver.receive(id, bytes(body), hmac(body, 'own')))).toBe(expected)
    }
  })
})
