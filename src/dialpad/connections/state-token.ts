import { createHmac } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { DomainError } from '../../lib/errors'

export const STATE_LIFE_MS = 10 * 60_000
const AUDIENCE = 'dialpad-oauth-state'

/** The `state` of an authorization: a signed JWT with its app and row, so that it cannot be forged or reused. */
export function createStateTokens(encryptionKeys: Uint8Array[]) {
  const keys = encryptionKeys.map((key) => new Uint8Array(createHmac('sha256', key).update(AUDIENCE).digest()))
  return {
    sign: (appId: string, id: string, now: number): Promise<string> =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience(AUDIENCE)
        .setSubject(appId)
        .setJti(id)
        .setExpirationTime(Math.floor((now + STATE_LIFE_MS) / 1000))
        // biome-ignore lint/style/noNonNullAssertion: the settings have at least one encryption key
        .sign(keys[0]!),
    /** @throws DomainError oauth_state_invalid. */
    async verify(state: string, now: number): Promise<{ appId: string; id: string }> {
      let cause: unknown
      for (const key of keys) {
        try {
          const options = { algorithms: ['HS256'], audience: AUDIENCE, currentDate: new Date(now) }
          const { payload } = await jwtVerify(state, key, options)
          if (payload.sub && payload.jti) return { appId: payload.sub, id: payload.jti }
        } catch (error) {
          if (!(error instanceof errors.JOSEError)) throw error
          cause = error
        }
      }
      throw new DomainError(
        'oauth_state_invalid',
        'The state is invalid or expired. Start again with the connect link.',
        { cause },
      )
    },
  }
}
