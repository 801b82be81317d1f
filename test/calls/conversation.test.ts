import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { conversationOf, type Leg } from '../../src/calls/conversation'

const T0 = 1_731_600_000_000
const SECOND = 1000
const at = (second: number) => T0 + second * SECOND
const party = (type: string, id: number) => ({ id, type, name: `${type} ${id}`, phone: null, email: null })
const QUEUE = party('call_center', 9)
const agent = (id: number) => ({ target: party('user', id), dialpadUserId: id })

function leg(id: number, more: Partial<Leg> = {}): Leg {
  return {
    appId: 'app',
    dialpadCallId: id,
    conversationId: 'conversation',
    direction: 'inbound',
    status: 'ended',
    fromNumber: '+15555550109',
    toNumber: '+15555550105',
    externalNumber: '+15555550109',
    startedAt: T0,
    connectedAt: null,
    endedAt: null,
    talkSeconds: null,
    holdSeconds: null,
    dialpadUserId: null,
    contact: null,
    target: QUEUE,
    customerId: null,
    jobId: null,
    isInternal: false,
    learned: null,
    createdAt: T0,
    ...more,
  }
}
const of = (...legs: Leg[]) => conversationOf(legs, at(1000))

describe('a conversation', () => {
  const queue = leg(1, { connectedAt: at(2), endedAt: at(80), talkSeconds: 78 })
  const talked = leg(2, {
    ...agent(7),
    startedAt: at(10),
    connectedAt: at(20),
    endedAt: at(80),
    talkSeconds: 55,
    holdSeconds: 5,
  })

  test('is answered when a person answers: its figures are that person’s, not the queue’s', () => {
    expect(of(queue, talked)).toMatchObject({
      outcome: 'answered',
      status: 'ended',
      answeredAt: at(20),
      waitedSeconds: 20,
      talkSeconds: 55,
      holdSeconds: 5,
      endedAt: at(80),
      durationSeconds: 80,
      dialpadUserId: 7,
      target: QUEUE,
      legCount: 2,
    })
  })

  test('adds up those who talked one after the other, and names who answered first', () => {
    const second = leg(3, { ...agent(8), startedAt: at(80), connectedAt: at(90), endedAt: at(100), talkSeconds: null })
    expect(of(second, talked, queue)).toMatchObject({
      talkSeconds: 65,
      dialpadUserId: 7,
      answeredAt: at(20),
      durationSeconds: 100,
    })
  })

  test('is abandoned when it rang nobody, although the queue says connected', () => {
    expect(of(queue)).toMatchObject({
      outcome: 'abandoned',
      status: 'missed',
      answeredAt: null,
      talkSeconds: 0,
      waitedSeconds: 80,
      dialpadUserId: null,
    })
  })

  test('is missed by the one person it rang, and by nobody when it rang two', () => {
    const missed = (id: number) => leg(id, { ...agent(id), status: 'missed', endedAt: at(30) })
    expect(of(missed(7))).toMatchObject({ outcome: 'missed', status: 'missed', dialpadUserId: 7, waitedSeconds: 30 })
    expect(of(queue, missed(7), missed(8))).toMatchObject({ outcome: 'missed', dialpadUserId: null })
  })

  test('is a voicemail when nobody answered and the caller reached the box, which connects too', () => {
    const box = leg(2, { ...agent(7), status: 'voicemail', connectedAt: at(15), endedAt: at(40), talkSeconds: 25 })
    expect(of(queue, box)).toMatchObject({ outcome: 'voicemail', status: 'voicemail', talkSeconds: 0 })
    expect(of(talked, box).outcome).toBe('answered')
  })

  test('is unanswered when it goes out, and rejected when it was blocked', () => {
    expect(of(leg(1, { ...agent(7), direction: 'outbound', endedAt: at(9) })).outcome).toBe('unanswered')
    expect(of(leg(1, { status: 'rejected', endedAt: at(1) }))).toMatchObject({
      outcome: 'rejected',
      status: 'rejected',
    })
  })

  test('is open while any leg is open, with the status of the most advanced leg', () => {
    const live = (status: Leg['status'], id = 3) => leg(id, { ...agent(id), status })
    const ended = leg(2, { ...agent(7), endedAt: at(9) })
    expect(of(ended, live('ringing'))).toMatchObject({ outcome: 'open', status: 'ringing', endedAt: null })
    expect(of(live('ringing', 3), live('active', 4), ended).status).toBe('active')
    expect(of(live('ringing', 3), live('active', 4), live('held', 5)).status).toBe('held')
    expect(of(live('ringing')).waitedSeconds).toBeNull()
  })

  test('does not count the legs of supervisors', () => {
    const learned = { rank: 0, supervised: true as const }
    const supervisor = leg(3, { ...agent(9), connectedAt: at(15), endedAt: at(200), talkSeconds: 180, learned })
    expect(of(queue, supervisor, talked)).toEqual(of(queue, talked))
    expect(of(leg(1, { status: 'missed', endedAt: at(5) }), { ...supervisor, status: 'active' }).outcome).toBe(
      'abandoned',
    )
  })
})

const someLeg = fc
  .record({
    id: fc.integer({ min: 1, max: 1000 }),
    status: fc.constantFrom('ringing', 'active', 'held', 'ended', 'missed', 'voicemail', 'rejected'),
    startedAt: fc.integer({ min: 0, max: 5 }).map(at),
    connectedAt: fc.option(fc.integer({ min: 0, max: 60 }).map(at)),
    endedAt: fc.option(fc.integer({ min: 60, max: 99 }).map(at)),
    talkSeconds: fc.option(fc.nat(60)),
    user: fc.option(fc.integer({ min: 1, max: 3 })),
    direction: fc.constantFrom('inbound', 'outbound'),
    customerId: fc.option(fc.constantFrom('a', 'b')),
  })
  .map(({ id, user, ...rest }): Leg => leg(id, { ...rest, ...(user === null ? {} : agent(user)) } as Partial<Leg>))
const someLegs = fc.uniqueArray(someLeg, { selector: (one) => one.dialpadCallId, minLength: 1, maxLength: 6 })

test('the order of the legs never matters', () => {
  fc.assert(
    fc.property(
      someLegs.chain((legs) => fc.tuple(fc.constant(legs), fc.shuffledSubarray(legs, { minLength: legs.length }))),
      ([legs, shuffled]) => expect(of(...shuffled)).toEqual(of(...legs)),
    ),
    { numRuns: 2000 },
  )
})

test('talk time never exceeds that of the people, and no time is negative', () => {
  fc.assert(
    fc.property(someLegs, (legs) => {
      const row = of(...legs)
      const people = legs.filter(({ target }) => target?.type === 'user')
      expect(row.talkSeconds).toBeLessThanOrEqual(people.reduce((sum, one) => sum + (one.talkSeconds ?? 99), 0))
      for (const value of [row.talkSeconds, row.waitedSeconds ?? 0, row.durationSeconds ?? 0])
        expect(value).toBeGreaterThanOrEqual(0)
      expect(row.outcome === 'open').toBe(legs.some(({ status }) => ['ringing', 'active', 'held'].includes(status)))
    }),
    { numRuns: 2000 },
  )
})
