import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { compose, type Services } from '../../src/app/compose'
import type { Database } from '../../src/db/database'
import { insertApp } from '../support/apps'
import { backends } from '../support/backends'
import { draws } from '../support/draws'
import { callEvent, T0 } from '../support/events'
import { quickWork, testConfig } from '../support/server'

const NO_ORG = { orgId: null }
const OFFICE = 101
const user = (id: number, more: object = {}) => callEvent(1, 'ringing', T0, { target: { id, type: 'user', ...more } })
const center = (id: number) => callEvent(2, 'queued', T0, { target: { id, type: 'call_center', name: 'Sales' } })

describe.each(backends)('the app of an event on the shared route, on %s', (_name, open) => {
  let database: Database
  let services: Services
  let [a, b] = ['', '']
  const router = () => services.events.router
  const appOf = (payload: object, orgId: number | null = null) => router().appOf({ orgId }, payload)
  beforeEach(async () => {
    database = await open()
    services = compose(testConfig('sqlite::memory:'), database, () => T0, quickWork)
    a = await insertApp(database, 'A', T0)
    b = await insertApp(database, 'B', T0)
    await services.apps.directory.start()
    await services.events.hints.start()
  })
  afterEach(async () => {
    await services.events.hints.flush()
    await database.close()
  })

  test('is unknown until an id is known, and then the app of that user, office, or target', async () => {
    expect([await appOf(user(1)), await appOf(center(2))]).toEqual([null, null])
    router().learn(a, user(1, { office_id: OFFICE }))
    router().learn(b, center(2))
    expect([await appOf(user(1)), await appOf(center(2))]).toEqual([a, b])
    expect(await appOf(user(7, { office_id: OFFICE }))).toBe(a)
    expect(await appOf(user(7))).toBeNull()
    const legacy = { event_type: 'call.ring', call: { id: 5, user_id: 1 } }
    expect(await appOf(legacy)).toBe(a)
  })

  test('is never derived from the other party, an id of another kind, or an invalid value', async () => {
    router().learn(a, user(1))
    for (const payload of [
      callEvent(1, 'ringing', T0, { target: null, contact: { id: 1, type: 'user' } }),
      center(1),
      callEvent(1, 'ringing', T0, { target: { id: 1, type: 'contact' } }),
      callEvent(1, 'ringing', T0, { target: { id: '1x', type: 'user', office_id: -1 } }),
      { target: [1], event_type: 7 },
      {},
    ])
      expect(await appOf(payload)).toBeNull()
  })

  test('is not guessed from an id that two apps have, nor from ids that contradict each other', async () => {
    for (const app of [a, b]) router().learn(app, user(1, { office_id: OFFICE }))
    expect(await appOf(user(1))).toBeNull()
    router().learn(a, center(2))
    router().learn(b, user(3))
    const both = callEvent(1, 'connected', T0, {
      target: { id: 3, type: 'user' },
      entry_point_target: { id: 2, type: 'call_center' },
    })
    expect(await appOf(both)).toBeNull()
    // Together with an id of one app alone, an office of both says nothing against it.
    expect(await appOf(user(3, { office_id: OFFICE }))).toBe(b)
  })

  test('is the one with shared_route, unless the known ids belong to another', async () => {
    await services.apps.update(a, { sharedRoute: true })
    router().learn(b, user(3))
    expect([await appOf(user(9)), await appOf(user(3))]).toEqual([a, b])
    router().learn(b, center(2))
    const c = await insertApp(database, 'C', T0)
    await services.apps.update(c, { active: true })
    router().learn(c, user(5))
    const contradiction = callEvent(1, 'connected', T0, {
      target: { id: 5, type: 'user' },
      proxy_target: { id: 2, type: 'callcenter' },
    })
    expect(await appOf(contradiction)).toBeNull()
    for (const app of [a, b]) router().learn(app, user(8))
    expect(await appOf(user(8))).toBe(a)
  })

  test('is never one of another Dialpad organization than the event names', async () => {
    await services.apps.update(a, { orgId: 70, sharedRoute: true })
    router().learn(a, user(1))
    expect([await appOf(user(1), 71), await appOf(user(9), 71)]).toEqual([null, null])
    expect([await appOf(user(1), 70), await appOf(user(1))]).toEqual([a, a])
  })

  test('may be one without an organization when the event names an organization that no app has', async () => {
    await services.apps.update(a, { orgId: 70 })
    router().learn(b, user(3))
    expect([await appOf(user(3), 71), await appOf(user(3), 70)]).toEqual([b, a])
  })

  test('is not learned from an event of one app that an operator processes as one of another', async () => {
    const body = JSON.stringify(user(1))
    const { receiver, queue } = services.events
    const { eventId } = await receiver.storeEvent(body, body, { source: 'backfill', appId: a, webhookId: null })
    await queue.replay(eventId, b)
    expect(await appOf(user(1))).toBeNull()
    expect((await queue.get(eventId)).appId).toBe(b)
  })

  test('is known by mappings as long as they exist', async () => {
    const { mappings } = services.users
    await mappings.map(a, { dialpad_user_id: 1, crm_user_id: 'ada' })
    expect(await appOf(user(1))).toBe(a)
    await mappings.map(b, { dialpad_user_id: 1, crm_user_id: 'ada' })
    expect(await appOf(user(1))).toBeNull()
    await mappings.removeDialpadUser(a, 1)
    expect(await appOf(user(1))).toBe(b)
  })

  test('is remembered by other instances and after a restart; a deleted app is not', async () => {
    router().learn(a, user(1))
    router().learn(b, user(1))
    router().learn(b, user(2))
    await services.events.hints.flush()
    const other = compose(testConfig('sqlite::memory:'), database, () => T0, quickWork)
    const there = (payload: object) => other.events.router.appOf(NO_ORG, payload)
    expect([await there(user(1)), await there(user(2))]).toEqual([null, b])
    const c = await insertApp(database, 'C', T0)
    await services.apps.remove(b)
    await services.apps.update(c, { active: true })
    expect([await appOf(user(1)), await appOf(user(2))]).toEqual([a, null])
  })

  test('is learned while it is the only one', async () => {
    await services.apps.remove(b)
    expect(await appOf(user(1))).toBe(a)
    const { app } = await services.apps.create('B again', 'test')
    expect([await appOf(user(1)), await appOf(user(2))]).toEqual([a, null])
    router().learn(app.id, user(2))
    expect(await appOf(user(2))).toBe(app.id)
  })
})

/** Companies with a few users, offices, and call centers; apps 0 and 3 are of the same company. */
const COMPANY_OF_APP = [0, 1, 2, 0]
const account = (company: number, [userNo, officeNo, centerNo]: number[]) =>
  callEvent(1, 'connected', T0, {
    target: { id: 1000 + company * 10 + userNo!, type: 'user', office_id: 2000 + company * 10 + officeNo! },
    entry_point_target: { id: 3000 + company * 10 + centerNo!, type: 'call_center' },
  })
const parts = fc.array(fc.nat(3), { minLength: 3, maxLength: 3 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('learn' as const), app: fc.nat(3), parts }),
  fc.record({ kind: fc.constant('map' as const), app: fc.nat(3), parts }),
  fc.record({ kind: fc.constant('receive' as const), company: fc.nat(2), parts }),
  fc.record({ kind: fc.constant('flush' as const) }),
)

test.each(backends)(
  'an event never reaches an app of another Dialpad account, whatever was learned, on %s',
  async (_name, open) => {
    const database = await open()
    const services = compose(testConfig('sqlite::memory:'), database, () => T0, quickWork)
    const { router, hints } = services.events
    await services.apps.directory.start()
    await hints.start()
    let routed = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
        for (const { id } of await services.apps.store.all(database.queries)) await services.apps.remove(id)
        const apps: string[] = []
        for (const name of ['A', 'B', 'C', 'D']) apps.push(await insertApp(database, name, T0))
        await services.apps.update(apps[0]!, { active: true })
        const taught = new Set<string>()
        for (const one of steps) {
          if (one.kind === 'flush') await hints.flush()
          else if (one.kind === 'receive') {
            const found = await router.appOf(NO_ORG, account(one.company, one.parts))
            if (found !== null) {
              routed++
              expect(COMPANY_OF_APP[apps.indexOf(found)]).toBe(one.company)
            }
            // Of a company with one app, an event is routed as soon as one of its ids is known.
            const isKnown = one.parts.some((part, i) => taught.has(`${one.company} ${i} ${part}`))
            if (one.company !== 0) expect(found).toBe(isKnown ? apps[one.company]! : null)
          } else {
            const company = COMPANY_OF_APP[one.app]!
            if (one.kind === 'learn') router.learn(apps[one.app]!, account(company, one.parts))
            else
              await services.users.mappings.map(apps[one.app]!, {
                dialpad_user_id: 1000 + company * 10 + one.parts[0]!,
                crm_user_id: 'someone',
              })
            for (const [i, part] of one.parts.entries())
              if (one.kind === 'learn' || i === 0) taught.add(`${company} ${i} ${part}`)
          }
        }
      }),
      { numRuns: draws(12) },
    )
    expect(routed).toBePositive()
    await hints.flush()
    await database.close()
  },
  60_000,
)
