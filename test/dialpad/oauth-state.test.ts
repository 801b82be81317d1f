import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { createStateTokens, STATE_LIFE_MS } from '../../src/dialpad/connections/state-token'
import type { DomainError } from '../../src/lib/errors'
import { mutationOf } from '../support/mutations'

const NOW = 1_800_000_000_000
const OLD = new Uint8Array(32).fill(1)
const NEW = new Uint8Array(32).fill(2)
const read = (state: string, { keys = [NEW], now = NOW } = {}) =>
  createStateTokens(keys)
    .verify(state, now)
    .catch((error: DomainError) => error.code)

describe('the state of an authorization', () => {
  test('names its app and row, for ten minutes and no longer', async () => {
    const state = await createStateTokens([NEW]).sign('app', 'row', NOW)
    expect(await read(state, { now: NOW + STATE_LIFE_MS - 1 })).toEqual({ appId: 'app', id: 'row' })
    expect(await read(state, { now: NOW + STATE_LIFE_MS })).toBe('oauth_state_invalid')
    expect(STATE_LIFE_MS).toBe(10 * 60_000)
  })

  test('is signed with the newest key and read with each', async () => {
    const byOld = await createStateTokens([OLD]).sign('app', 'row', NOW)
    const byNew = await createStateTokens([NEW, OLD]).sign('app', 'row', NOW)
    expect(await read(byOld, { keys: [NEW, OLD] })).toEqual({ appId: 'app', id: 'row' })
    expect(await read(byNew, { keys: [NEW] })).toEqual({ appId: 'app', id: 'row' })
    expect(await read(byNew, { keys: [OLD] })).toBe('oauth_state_invalid')
  })

  test('of another audience, another algorithm, without its app or row, or unsigned is refused', async () => {
    const audience = 'dialpad-oauth-state'
    const key = new Uint8Array(createHmac('sha256', NEW).update(audience).digest())
    const forge = ({ alg = 'HS256', aud = audience, sub = 'app', jti = 'row', of = key }) =>
      new SignJWT({ aud, sub, jti, exp: NOW / 1000 + 60 }).setProtectedHeader({ alg }).sign(of)
    const good = await forge({})
    expect(await read(good)).toEqual({ appId: 'app', id: 'row' })
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const bad of [
      await forge({ aud: 'another' }),
      await forge({ alg: 'HS384' }),
      await forge({ alg: 'HS512' }),
      await forge({ sub: '' }),
      await forge({ jti: '' }),
      await forge({ of: NEW }),
      `${none}.${good.split('.')[1]}.`,
    ])
      expect(await read(bad)).toBe('oauth_state_invalid')
  })

  test('with any one character changed, added or lost is refused', async () => {
    const state = await createStateTokens([NEW]).sign('app', 'row', NOW)
    await fc.assert(
      fc.asyncProperty(mutationOf(state), async (mutant) => {
        expect(await read(mutant)).toBe('oauth_state_invalid')
      }),
    )
  })
})
