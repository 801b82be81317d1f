import { expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { killOnPostgres, killOnSqlite } from './kills'
import { terminateOnSqlite } from './stops'

/** The short form of `bun run test:faults`, always with the same seed. */

const SEED = 20_261_121

test('SQLite: what was acknowledged is processed once, whenever the server is killed', async () => {
  const { faults, acknowledged } = await killOnSqlite(4, SEED)
  expect(faults).toEqual([])
  expect(acknowledged).toBeGreaterThan(100)
}, 60_000)

test('Postgres, two instances: what was acknowledged is processed once, whichever is killed', async () => {
  const { faults, acknowledged } = await killOnPostgres(3, SEED, await freshUrl.pg())
  expect(faults).toEqual([])
  expect(acknowledged).toBeGreaterThan(100)
}, 60_000)

test('SIGTERM: the server finishes its current work and exits with 0, and the next one continues', async () => {
  const { faults, acknowledged } = await terminateOnSqlite(2, SEED)
  expect(faults).toEqual([])
  expect(acknowledged).toBeGreaterThan(50)
}, 60_000)
