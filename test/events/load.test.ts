import { describe, expect, test } from 'bun:test'
import { createEventLoad } from '../../src/events/load'

/** A load whose time the test moves. */
function loadAt() {
  const clock = { now: 0 }
  return Object.assign(clock, { load: createEventLoad(() => clock.now) })
}

describe('the load of receiving', () => {
  test('is a burst when what arrives needs more than a third of the time to be applied, and only while it does', () => {
    const at = loadAt()
    at.load.recordBatch(100, 100)
    for (let i = 0; i < 50; i++) at.load.recordBatch(100, 100)
    at.load.countArrivals(17)
    expect(at.load.isBurst()).toBe(false)
    at.load.countArrivals(3)
    expect(at.load.isBurst()).toBe(true)
    at.now += 60
    expect(at.load.isBurst()).toBe(false)
  })

  test('follows the measured cost of an event: the same rate is a burst for a slow database alone', () => {
    const [fast, slow] = [loadAt(), loadAt()]
    for (let i = 0; i < 50; i++) {
      fast.load.recordBatch(100, 2)
      slow.load.recordBatch(100, 200)
    }
    for (const { load } of [fast, slow]) load.countArrivals(40)
    expect([fast.load.isBurst(), slow.load.isBurst()]).toEqual([false, true])
  })

  test('ignores small batches, whose commit takes longer than their events', () => {
    const { load } = loadAt()
    for (let i = 0; i < 50; i++) load.recordBatch(1, 20)
    load.countArrivals(40)
    expect(load.isBurst()).toBe(false)
  })
})
