import { expect, test } from 'bun:test'
import { createGroupCommit } from '../../src/events/group-commit'

test('writes that arrive during a commit share the next one, and each gets its own result', async () => {
  const commits: number[][] = []
  const release: (() => void)[] = []
  const group = createGroupCommit<number, number>(async (items) => {
    commits.push(items)
    await new Promise<void>((resolve) => release.push(resolve))
    return items.map((item) => item * 10)
  })
  const first = group.add(1)
  await Promise.resolve()
  await Promise.resolve()
  const rest = [group.add(2), group.add(3)]
  release.shift()!()
  expect(await first).toBe(10)
  while (release.length === 0) await Promise.resolve()
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
