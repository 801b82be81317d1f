import { createHash } from 'node:crypto'
import { type Fields, isFields, text, toNumber } from '../../payload/fields'
import { readWithin } from '../client/body'
import { DialpadApiError, dialpadRefusal } from '../client/dialpad-api-error'

const TIMEOUT_MS = 15_000
const MAX_ANSWER_BYTES = 256 * 1024

export interface OAuthSettings {
  clientId: string
  clientSecret: string
  redirectUri: string
  scopes: string
}

export interface TokenSet {
  accessToken: string
  refreshToken: string | null
  /** Lifetime in seconds, or null for a token that does not expire. */
  expiresIn: number | null
  /** Granted scopes, separated by spaces. Null if Dialpad does not return them. */
  scopes: string | null
}

/** The refresh token or code is no longer valid. Other errors may be temporary. RFC 6749, section 5.2. */
export class GrantInvalid extends DialpadApiError {}

export type OAuthProtocol = ReturnType<typeof createOAuthProtocol>

/** Dialpad's OAuth endpoints: authorization code with PKCE (S256), refresh, revocation. */
export function createOAuthProtocol(baseUrl: string, settings: OAuthSettings) {
  async function tokens(grant: Record<string, string>): Promise<TokenSet> {
    const answer = await post('/oauth2/token', {
      body: new URLSearchParams({ client_id: settings.clientId, client_secret: settings.clientSecret, ...grant }),
    })
    const accessToken = text(answer, 'access_token')
    if (!accessToken)
      throw new DialpadApiError(
        'dialpad_unavailable',
        'The response of Dialpad to POST /oauth2/token has no token.',
        null,
      )
    const scopes = text(answer, 'scope')
    return { accessToken, refreshToken: text(answer, 'refresh_token'), expiresIn: toNumber(answer.expires_in), scopes }
  }

  async function post(path: string, init: RequestInit): Promise<Fields> {
    const endpoint = `POST ${path}`
    let response: Response
    let body: string
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      response = await fetch(baseUrl + path, { ...init, method: 'POST', redirect: 'manual', signal })
      body = new TextDecoder().decode(await readWithin(response, MAX_ANSWER_BYTES))
    } catch (error) {
      throw new DialpadApiError('dialpad_unavailable', `Dialpad is unreachable (${endpoint}).`, null, { cause: error })
    }
    if (!response.ok) {
      const refusal = dialpadRefusal(endpoint, response.status, body, response.headers.get('retry-after'))
      throw isInvalidGrant(body)
        ? new GrantInvalid(refusal.code, refusal.detail, response.status, {}, refusal.message)
        : refusal
    }
    if (response.status === 204) return {}
    try {
      const answer: unknown = JSON.parse(body)
      if (isFields(answer)) return answer
    } catch (error) {
      throw notJson(endpoint, error)
    }
    throw notJson(endpoint)
  }

  return {
    authorizeUrl(state: string, verifier: string): string {
      const query = new URLSearchParams({
        client_id: settings.clientId,
        redirect_uri: settings.redirectUri,
        response_type: 'code',
        scope: settings.scopes,
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      return `${baseUrl}/oauth2/authorize?${query}`
    },
    /** @throws DialpadApiError; `refused` if the code is invalid, used or expired. */
    exchange: (code: string, verifier: string): Promise<TokenSet> =>
      tokens({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: settings.redirectUri,
      }),
    /** @throws GrantInvalid, or another DialpadApiError that may be temporary. */
    refresh: (refreshToken: string): Promise<TokenSet> =>
      tokens({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    deauthorize: async (accessToken: string): Promise<void> =>
      void (await post('/oauth2/deauthorize', { headers: { authorization: `Bearer ${accessToken}` } })),
  }
}

function isInvalidGrant(body: string): boolean {
  try {
    const answer: unknown = JSON.parse(body)
    if (!isFields(answer)) return false
    const error = isFields(answer.error) ? (text(answer.error, 'message') ?? '') : answer.error
    return error === 'invalid_grant'
  } catch {
    return false
  }
}

const notJson = (endpoint: string, cause?: unknown) =>
  new DialpadApiError('dialpad_unavailable', `The response of Dialpad to ${endpoint} is not JSON.`, null, { cause })
