import { Elysia } from 'elysia'
import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { AppParams, Instant, problems, sharedModels } from '../http/schemas'
import { iso } from '../lib/clock'
import type { ClientTokens } from './client-tokens'
import type { Guards } from './guards'
import type { AdminPrincipal } from './principal'

const DEFAULT_TTL_SECONDS = 3600

const NewToken = z.strictObject({
  user_id: z.string().min(1).max(200).optional().describe('limits the token to the data of this CRM user'),
  ttl_seconds: z.int().min(1).max(86_400).optional().describe(`lifetime in seconds; default ${DEFAULT_TTL_SECONDS}`),
})
const Token = responseSchema(() =>
  z.object({
    success: z.literal(true),
    token: z.string().describe('JWT; send it as Authorization: Bearer, or in the first message of a socket'),
    expires_at: Instant,
  }),
)

/** Short-lived read-only tokens for browsers. A token is valid only as long as the key that created it. */
export function tokenRoutes({
  guards,
  tokens,
  apps,
}: {
  guards: Guards
  tokens: ClientTokens
  apps: { requireApp(appId: string): Promise<unknown> }
}) {
  async function issue(
    appId: string,
    keyId: string | null,
    wanted: z.infer<typeof NewToken> = {},
    session?: AdminPrincipal['session'],
  ) {
    const ttl = wanted.ttl_seconds ?? DEFAULT_TTL_SECONDS
    const { token, expiresAt } = await tokens.issue(appId, keyId, wanted.user_id ?? null, ttl, session?.id)
    return { success: true as const, token, expires_at: iso(expiresAt) }
  }

  return new Elysia()
    .use(guards)
    .use(sharedModels)
    .model({ NewToken, Token })
    .post(
      '/api/tokens',
      async ({ principal, body, status }) => status(201, await issue(principal.appId, principal.keyId, body)),
      {
        scope: 'tokens:write',
        body: z.optional(NewToken),
        response: { 201: 'Token' },
        detail: {
          tags: ['Tokens'],
          operationId: 'createToken',
          summary: 'Create a token for a browser',
          description:
            "The token can read the app's data, or one CRM user's data. It is valid only as long as the key that created it.",
        },
      },
    )
    .post(
      '/internal/apps/:app_id/tokens',
      async ({ params, body, admin, status }) => {
        await apps.requireApp(params.app_id)
        return status(201, await issue(params.app_id, null, body, admin.session))
      },
      {
        admin: true,
        params: AppParams,
        body: z.optional(NewToken),
        response: { 201: 'Token', ...problems('app_not_found') },
        detail: {
          tags: ['Apps'],
          operationId: 'createAppToken',
          summary: 'Create a client token for an app',
          description:
            "The token can read the app's data through /api and /ws. The console uses this route: its tokens end with its session.",
        },
      },
    )
}
