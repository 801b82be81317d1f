import { expect, test } from 'bun:test'
import { createFeed, type Follower } from '../../src/endpoints/feed'
import type { StreamRow } from '../../src/stream/store'

const entries = (...seqs: number[]) => seqs.map((seq) => ({ seq }) as StreamRow)

test('an idle endpoint moves on with the entries it does not want, and starts at the first one it wants', async () => {
  const stored = entries(1, 2, 3)
  const feed = createFeed(0, async (after) => stored.filter(({ seq }) => seq > after))
  let starts = 0
  const follower: Follower = { cursor: 0, idle: true, wants: ({ seq }) => seq === 5, start: () => void starts++ }
  feed.followers.add(follower)
  await feed.pump()
  expect([follower.cursor, feed.position(), starts]).toEqual([3, 3, 0])
  stored.push(...entries(4, 5))
  await feed.pump()
  expect([follower.cursor, feed.position(), starts]).toEqual([3, 5, 1])
})
