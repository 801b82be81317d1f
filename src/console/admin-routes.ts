import { Elysia } from 'elysia'
import { z } from 'zod'
import type { ClientTokens } from '../apps/client-tokens'
import type { AppService } from '../apps/service'
import type { Auth } from '../http/auth'
import { problems, sharedModels } from '../http/schemas'
import { iso } from '../lib/clock'
import { type ListedSetting, listSettings } from './settings-list'
import { SCENARIO_NAMES, type Simulation } from './simulation'

interface ConsoleAdminDeps {
  auth: Auth
  apps: AppService
  tokens: ClientTokens
  simulation: Simulation
  /** The settings this server was started with. */
  given: Parameters<typeof listSettings>[0]
}

const TOKEN_LIFE_SECONDS = 3600

const AdminToken = z.object({
  user_id: z.string().min(1).max(200).optional().describe('limits the token to one CRM user'),
  ttl_seconds: z.int().min(60).max(86_400).optional().describe('3600 unless given'),
})
const AdminTokenAnswer = z.object({ success: z.literal(true), token: z.string(), expires_at: z.iso.datetime() })
const Simulate = z.object({
  app_id: z.string().max(100),
  scenario: z.enum(SCENARIO_NAMES).optional().describe('`call` unless given'),
})
const Simulated = z.object({
  success: z.literal(true),
  title: z.string(),
  events: z.int().describe('how many events are played, the first of them already'),
})
const Settings = z.object({
  success: z.literal(true),
  settings: z.array(
    z.object({
      name: z.string(),
      value: z.string().nullable().describe('secrets are hidden'),
      origin: z.enum(['set', 'default', 'not set']),
      description: z.string(),
    }),
  ),
})

/** What the console asks beside the routes every administrator has. */
export const consoleAdminRoutes = ({ auth, apps, tokens, simulation, given }: ConsoleAdminDeps) =>
  new Elysia({ prefix: '/internal' })
    .use(auth)
    .use(sharedModels)
    .model({ AdminToken, AdminTokenAnswer, Simulate, Simulated, Settings })
    .post(
      '/apps/:app_id/tokens',
      async ({ params, body, status }) => {
        await apps.requireApp(params.app_id)
        const ttl = body?.ttl_seconds ?? TOKEN_LIFE_SECONDS
        const { token, expiresAt } = await tokens.issue(params.app_id, null, body?.user_id ?? null, ttl)
        return status(201, { success: true as const, token, expires_at: iso(expiresAt) })
      },
      {
        admin: true,
        params: z.object({ app_id: z.string().max(100) }),
        body: z.optional(AdminToken),
        response: { 201: 'AdminTokenAnswer', ...problems(400, 401, 404, 415, 422, 429) },
        detail: {
          tags: ['Apps'],
          summary: "Make a client token for an app's data",
          description: "Reads the app's data through /api and /ws, as the console does.",
        },
      },
    )
    .post(
      '/simulate',
      async ({ body, status }) => {
        const played = await simulation.play(body.app_id, body.scenario ?? 'call')
        return status(202, { success: true as const, ...played })
      },
      {
        admin: true,
        body: 'Simulate',
        response: { 202: 'Simulated', ...problems(400, 401, 403, 404, 415, 422, 429, 503) },
        detail: {
          tags: ['Health'],
          summary: 'Simulate a call',
          description: 'Sandbox only: plays realistic Dialpad events into an app, the whole way a real delivery takes.',
        },
      },
    )
    .get(
      '/config',
      (): { success: true; settings: ListedSetting[] } => ({ success: true, settings: listSettings(given) }),
      {
        admin: true,
        response: { 200: 'Settings', ...problems(401, 429) },
        detail: {
          tags: ['Health'],
          summary: 'List the settings',
          description: 'Every setting with its value and whether it was set; secrets are hidden.',
        },
      },
    )
