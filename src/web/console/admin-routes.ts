import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../../auth/guards'
import { type ListedSetting, listSettings } from '../../config/listing'
import { problems, sharedModels } from '../../http/schemas'
import { SCENARIO_NAMES, type Simulation } from '../../simulator/player'

interface ConsoleAdminDeps {
  auth: Auth
  simulation: Simulation
  /** The settings this server was started with. */
  given: Parameters<typeof listSettings>[0]
}

const Simulate = z.strictObject({
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
export const consoleAdminRoutes = ({ auth, simulation, given }: ConsoleAdminDeps) =>
  new Elysia({ prefix: '/internal' })
    .use(auth)
    .use(sharedModels)
    .model({ Simulate, Simulated, Settings })
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
