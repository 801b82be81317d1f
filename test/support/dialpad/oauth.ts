import { createHash, randomBytes } from 'node:crypto'
import { Refused } from './answer'
import { Shapes } from './shapes'
import type { State } from './state'

const CODE_LIFE_MS = 10 * 60_000

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

  function authorize(query: URLSearchParams): Response {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== client.clientId) throw new Refused(400, 'Unknown client_id')
    if (!client.redirectUris.includes(redirectUri)) throw new Refused(400, 'redirect_uri is not registered')
    const back = new URL(redirectUri)
    const given = query.get('state')
    if (given) back.searchParams.set('state', given)
    const refuse = (error: string) => {
      back.searchParams.set('error', error)
      return Response.redirect(back.href, 302)
    }
    if (query.get('response_type') !== 'code') return refuse('unsupported_response_type')
    const challenge = query.get('code_challenge')
    if (challenge && query.get('code_challenge_method') !== 'S256') return refuse('invalid_request')
    if (controls.consent === 'deny') return refuse('access_denied')
    const code = token()
    const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean)
    codes.set(code, { challenge, redirectUri, scopes, expiresAt: state.clock() + CODE_LIFE_MS })
    back.searchParams.set('code', code)
    return Response.redirect(back.href, 302)
  }

  function give(grant: Grant): Response {
    return Response.json({
      access_token: grant.accessToken,
      token_type: 'bearer',
      expires_in: settings.accessTokenSeconds,
      ...(grant.refreshToken && controls.rotatesRefreshTokens ? { refresh_token: grant.refreshToken } : {}),
    })
  }

  function assertClient(
    body: { client_id?: string | undefined; client_secret?: string | undefined },
    basic: string | null,
  ) {
    const [id, secret] = basic?.startsWith('Basic ')
      ? Buffer.from(basic.slice(6), 'base64').toString().split(':')
      : [body.client_id, body.client_secret]
    if (id !== client.clientId || secret !== client.clientSecret) throw new OAuthRefused('invalid_client', 401)
  }

  function exchange(fields: Record<string, string>, basic: string | null): Response {
    if (fields.grant_type === 'refresh_token') return refresh(fields, basic)
    const body = Shapes.authorizationCode.safeParse(fields)
    if (!body.success) throw new OAuthRefused('invalid_request', 400)
    assertClient(body.data, basic)
    const code = codes.get(body.data.code)
    codes.delete(body.data.code)
    if (!code || code.expiresAt < state.clock()) throw new OAuthRefused('invalid_grant', 400)
    const challenge = createHash('sha256')
      .update(body.data.code_verifier ?? '')
      .digest('base64url')
    if (code.challenge && code.challenge !== challenge) throw new OAuthRefused('invalid_grant', 400)
    if (body.data.redirect_uri && body.data.redirect_uri !== code.redirectUri)
      throw new OAuthRefused('invalid_grant', 400)
    const grant: Grant = {
      scopes: code.scopes,
      accessToken: token(),
      expiresAt: state.clock() + settings.accessTokenSeconds * 1000,
      refreshToken: code.scopes.includes('offline_access') ? token() : null,
      revoked: false,
    }
    grants.push(grant)
    return Response.json({
      access_token: grant.accessToken,
      token_type: 'bearer',
      expires_in: settings.accessTokenSeconds,
      ...(grant.refreshToken ? { refresh_token: grant.refreshToken } : {}),
    })
  }

  function refresh(fields: Record<string, string>, basic: string | null): Response {
    const body = Shapes.refreshToken.safeParse(fields)
    if (!body.success) throw new OAuthRefused('invalid_request', 400)
    assertClient(body.data, basic)
    const grant = grants.find((one) => !one.revoked && one.refreshToken === body.data.refresh_token)
    if (!grant) throw new OAuthRefused('invalid_grant', 400)
    grant.accessToken = token()
    grant.expiresAt = state.clock() + settings.accessTokenSeconds * 1000
    if (controls.rotatesRefreshTokens) grant.refreshToken = token()
    return give(grant)
  }

  const ofBearer = (bearer: string) =>
    grants.find((one) => !one.revoked && one.accessToken === bearer && one.expiresAt > state.clock())

  return {
    controls,
    authorize,
    exchange,
    /** The scopes a live access token carries, or null. */
    scopesOf: (bearer: string): string[] | null => ofBearer(bearer)?.scopes ?? null,
    deauthorize(bearer: string): Response {
      const grant = ofBearer(bearer)
      if (!grant) throw new Refused(401, 'Invalid credentials')
      grant.revoked = true
      return new Response(null, { status: 204 })
    },
    /** What an administrator does at Dialpad when he removes the application. */
    revokeAll(): void {
      for (const grant of grants) grant.revoked = true
    },
    /** Every token ever given, to look for in logs and databases. */
    tokens: (): string[] =>
      grants.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken ?? accessToken]),
  }
}

export class OAuthRefused extends Error {
  constructor(
    readonly error: string,
    readonly status: number,
  ) {
    super(error)
  }
}
