import { expect, test } from 'bun:test'
import { createCredentialWatch } from '../../src/auth/credential-watch'

/** Keys by id and when they end, as the database would say. */
function fixture() {
  const ends = new Map<string, number>()
  const state = { now: 1000, away: false, asked: 0 }
  const watch = createCredentialWatch({
    clock: () => state.now,
    endOf: async ({ keyId }) => {
      state.asked++
      if (state.away) throw new Error('the database is away')
      return ends.get(keyId!) ?? Number.POSITIVE_INFINITY
    },
  })
  const ended: string[] = []
  const add = (name: string, keyId = 'key', expiresAt: number | null = null) =>
    watch.add({ appId: 'app', keyId, expiresAt }, () => void ended.push(name))
  return { watch, ends, state, ended, add }
}

test('a socket of a rotated key ends with the grace that was given after it was opened', async () => {
  const { watch, ends, state, ended, add } = fixture()
  add('socket')
  await watch.recheck()
  ends.set('key', 2000)
  await watch.recheck('app')
  state.now = 1999
  await watch.sweep()
  expect(ended).toEqual([])
  state.now = 2000
  await watch.sweep()
  expect(ended).toEqual(['socket'])
  expect(watch.size()).toBe(0)
})

test('credentials that end while they are verified close the sockets they opened', async () => {
  const { watch, ends, ended, add } = fixture()
  ends.set('key', 0)
  add('socket')
  await watch.sweep()
  expect(ended).toEqual(['socket'])
})

test('a token ends by itself, and a stopped watch ends nothing', async () => {
  const { watch, state, ended, add } = fixture()
  add('token', 'key', 1500)
  const unwatch = add('left', 'key', 1500)
  unwatch()
  state.now = 1500
  await watch.sweep()
  expect(ended).toEqual(['token'])
})

test('a check that fails is made again at the next sweep', async () => {
  const { watch, ends, state, ended, add } = fixture()
  add('socket')
  await watch.sweep()
  ends.set('key', 0)
  state.away = true
  await watch.recheck('app')
  expect(ended).toEqual([])
  state.away = false
  await watch.sweep()
  expect(ended).toEqual(['socket'])
})

test('however many sockets hold a key, it is looked up once', async () => {
  const { watch, state, add } = fixture()
  for (let i = 0; i < 100; i++) add(`socket ${i}`)
  await watch.sweep()
  state.asked = 0
  await watch.recheck()
  expect(state.asked).toBe(1)
})
