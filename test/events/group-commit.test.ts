import { expect, test } from 'bun:test'
import { createGroupCommit, GroupFull } from '../../src/events/group-commit'
import { until } from '../support/until'

test('writes that arrive during a commit share the next one, and each gets its own result', async () => {
  const commits: number[][] = []
  const release: (() => void)[] = []
  const group = createGroupCommit<number, number>(async (items) => {
    commits.push(items)
    await new Promise<void>((resolve) => release.push(resolve))
    return items.map((item) => item * 10)
  })
  const first = group.add(1)
  await until('the first commit', () => release.length === 1)
  const rest = [group.add(2), group.add(3)]
  release.shift()!()
  expect(await first).toBe(10)
  await until('the second commit', () => release.length === 1)
  release.shift()!()
  expect(await Promise.all(rest)).toEqual([20, 30])
  expect(commits).toEqual([[1], [2, 3]])
  await group.idle()
})

test('a write the database refuses fails alone', async () => {
  const group = createGroupCommit<number, number>(async (items) => {
    if (items.includes(2)) throw new Error('no 2')
    return items
  })
  const results = await Promise.allSettled([1, 2, 3].map((item) => group.add(item)))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('a flood is committed in groups of bounded size, in order, and each write gets its own result', async () => {
  const commits: number[][] = []
  const group = createGroupCommit<number, number>(async (items) => {
    commits.push(items)
    return items.map((item) => -item)
  })
  const items = Array.from({ length: 10_000 }, (_, index) => index + 1)
  expect(await Promise.all(items.map((item) => group.add(item)))).toEqual(items.map((item) => -item))
  expect(commits.flat()).toEqual(items)
  // A statement takes 65,535 parameters at most, and what is read meanwhile waits for the commit.
  expect(Math.max(...commits.map(({ length }) => length))).toBeLessThanOrEqual(1000)
  expect(commits.length).toBeLessThan(1000)
})

test('a write that finds too many waiting is refused at once; those accepted are committed, and later ones again', async () => {
  const { promise: blocked, resolve: release } = Promise.withResolvers<void>()
  const committed = new Set<number>()
  const group = createGroupCommit<number, number>(async (items) => {
    await blocked
    for (const item of items) committed.add(item)
    return items
  })
  const refused: unknown[] = []
  const accepted: number[] = []
  const all = Array.from({ length: 50_000 }, (_, item) =>
    group.add(item).then(
      () => accepted.push(item),
      (error) => refused.push(error),
    ),
  )
  await Promise.resolve()
  release()
  await Promise.all(all)
  await group.idle()
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.every((error) => error instanceof GroupFull)).toBe(true)
  expect(accepted.length).toBeGreaterThan(1000)
  expect(new Set(accepted)).toEqual(committed)
  expect(await group.add(-1)).toBe(-1)
})

test('writes that arrive in turns of the event loop of their own share a commit', async () => {
  const commits: number[][] = []
  const group = createGroupCommit<number, number>(async (items) => {
    commits.push(items)
    return items
  })
  const inTurnOfItsOwn = (item: number) =>
    new Promise<number>((resolve) => {
      const channel = new MessageChannel()
      channel.port1.onmessage = () => {
        channel.port1.close()
        resolve(group.add(item))
      }
      channel.port2.postMessage(null)
    })
  await Promise.all(Array.from({ length: 50 }, (_, item) => inTurnOfItsOwn(item)))
  expect(commits.length).toBeLessThan(25)
})

test('there are never more commits at once than allowed, and none without a write', async () => {
  const commits: number[][] = []
  let [underWay, most] = [0, 0]
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const group = createGroupCommit<number, number>(
    async (items) => {
      commits.push(items)
      most = Math.max(most, ++underWay)
      for (let turns = 0; turns < 3; turns++) await turn()
      underWay--
      return items
    },
    { parallel: 2 },
  )
  const writes: Promise<number>[] = []
  for (let item = 0; item < 12; item++) {
    writes.push(group.add(item))
    if (item % 2 === 1) await turn()
  }
  await Promise.all(writes)
  await group.idle()
  for (let turns = 0; turns < 10; turns++) await turn()
  expect(most).toBe(2)
  expect(commits.filter(({ length }) => length === 0)).toEqual([])
  expect(commits.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, item) => item))
})
