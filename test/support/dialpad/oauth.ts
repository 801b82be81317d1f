import { createHash, randomBytes } from 'node:crypto'
import { Refused } from './answer'
import type { Route } from './routing'
import type { State } from './state'

const CODE_LIFE_MS = 10 * 60_000

interface TokenRequest {
  client_id?: string
  client_secret?: string
}
interface CodeGrant extends TokenRequest {
  grant_type: 'authorization_code'
  code: string
  code_verifier?: string
  redirect_uri?: string
}
interface RefreshGrant extends TokenRequest {
  grant_type: 'refresh_token'
  refresh_token: string
}

export interface OAuthClient {
  clientId: string
  clientSecret: string
  redirectUris: string[]
}

interface Grant {
  scopes: string[]
  accessToken: string
  expiresAt: number
  refreshToken: string | null
  revoked: boolean
}

/** Dialpad's side of OAuth: authorisation code with PKCE, refresh tokens that work once, revocation. */
export function createOAuth(state: State, client: OAuthClient, settings: { accessTokenSeconds: number }) {
  const codes = new Map<
    string,
    { challenge: string | null; redirectUri: string; scopes: string[]; expiresAt: number }
  >()
  const grants: Grant[] = []
  const token = () => randomBytes(24).toString('base64url')
  const controls = {
    /** What the person at the consent page answers. */
    consent: 'allow' as 'allow' | 'deny',
    /** Whether a refresh gives a new refresh token, as Dialpad does. */
    rotatesRefreshTokens: true,
  }

  function authorize(query: Record<string, string | undefined>): Response {
    const redirectUri = query.redirect_uri ?? ''
    if (query.client_id !== client.clientId) throw new Refused(400, 'Unknown client_id')
    if (!client.redirectUris.includes(redirectUri)) throw new Refused(400, 'redirect_uri is not registered')
    const back = new URL(redirectUri)
    const given = query.state
    if (given) back.searchParams.set('state', given)
    const refuse = (error: string) => {
      back.searchParams.set('error', error)
      return Response.redirect(back.href, 302)
    }
    if (query.response_type !== 'code') return refuse('unsupported_response_type')
    const challenge = query.code_challenge ?? null
    if (challenge && query.code_challenge_method !== 'S256') return refuse('invalid_request')
    if (controls.consent === 'deny') return refuse('access_denied')
    const code = token()
    const scopes = (query.scope ?? '').split(' ').filter(Boolean)
    codes.set(code, { challenge, redirectUri, scopes, expiresAt: state.clock() + CODE_LIFE_MS })
    back.searchParams.set('code', code)
    return Response.redirect(back.href, 302)
  }

  const tokens = ({ accessToken }: Grant, refreshToken: string | null): Response =>
    Response.json({
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: settings.accessTokenSeconds,
      ...(refreshToken ? { refresh_token: refreshToken } : {}),
    })

  function assertClient(body: TokenRequest, basic: string | null): void {
    const [id, secret] = basic?.startsWith('Basic ')
      ? Buffer.from(basic.slice(6), 'base64').toString().split(':')
      : [body.client_id, body.client_secret]
    if (id !== client.clientId || secret !== client.clientSecret) throw new OAuthRefused('invalid_client', 401)
  }

  function exchange(body: CodeGrant, basic: string | null): Response {
    assertClient(body, basic)
    const code = codes.get(body.code)
    codes.delete(body.code)
    if (!code || code.expiresAt < state.clock()) throw new OAuthRefused('invalid_grant', 400)
    const challenge = createHash('sha256')
      .update(body.code_verifier ?? '')
      .digest('base64url')
    if (code.challenge && code.challenge !== challenge) throw new OAuthRefused('invalid_grant', 400)
    if (body.redirect_uri && body.redirect_uri !== code.redirectUri) throw new OAuthRefused('invalid_grant', 400)
    const grant: Grant = {
      scopes: code.scopes,
      accessToken: token(),
      expiresAt: state.clock() + settings.accessTokenSeconds * 1000,
      refreshToken: code.scopes.includes('offline_access') ? token() : null,
      revoked: false,
    }
    grants.push(grant)
    return tokens(grant, grant.refreshToken)
  }

  function refresh(body: RefreshGrant, basic: string | null): Response {
    assertClient(body, basic)
    const grant = grants.find((one) => !one.revoked && one.refreshToken === body.refresh_token)
    if (!grant) throw new OAuthRefused('invalid_grant', 400)
    grant.accessToken = token()
    grant.expiresAt = state.clock() + settings.accessTokenSeconds * 1000
    if (controls.rotatesRefreshTokens) grant.refreshToken = token()
    return tokens(grant, controls.rotatesRefreshTokens ? grant.refreshToken : null)
  }

  const ofBearer = (bearer: string) =>
    grants.find((one) => !one.revoked && one.accessToken === bearer && one.expiresAt > state.clock())

  function deauthorize(bearer: string): Response {
    const grant = ofBearer(bearer)
    if (!grant) throw new Refused(401, 'Invalid credentials')
    grant.revoked = true
    return new Response(null, { status: 204 })
  }

  const routes: Route[] = [
    ['GET /oauth2/authorize', ({ query }) => authorize(query)],
    [
      'POST /oauth2/token',
      ({ body, authorization }) => {
        const grant = body as CodeGrant | RefreshGrant
        return grant.grant_type === 'refresh_token' ? refresh(grant, authorization) : exchange(grant, authorization)
      },
    ],
    ['POST /oauth2/deauthorize', ({ authorization }) => deauthorize(bearerOf(authorization))],
  ]

  return {
    controls,
    routes,
    /** The scopes a live access token carries, or null. */
    scopesOf: (bearer: string): string[] | null => ofBearer(bearer)?.scopes ?? null,
    /** What an administrator does at Dialpad when he removes the application. */
    revokeAll(): void {
      for (const grant of grants) grant.revoked = true
    },
    /** Every token ever given, to look for in logs and databases. */
    tokens: (): string[] =>
      grants.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken ?? accessToken]),
  }
}

/** The token in an `Authorization` header, or nothing. */
export const bearerOf = (authorization: string | null): string => /^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? ''

export class OAuthRefused extends Error {
  constructor(
    readonly error: string,
    readonly status: number,
  ) {
    super(error)
  }
}
