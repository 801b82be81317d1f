import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { responseSchema } from '../http/response-schema'
import { problems, sharedModels } from '../http/schemas'
import type { Simulation } from './player'
import { SCENARIO_NAMES } from './scenarios'

const Simulate = z.strictObject({
  app_id: z.string().max(100),
  scenario: z.enum(SCENARIO_NAMES).optional().describe('default `call`'),
})
const Simulated = responseSchema(() =>
  z.object({
    success: z.literal(true),
    title: z.string(),
    events: z.int().describe('number of events; the first one is already sent'),
  }),
)
/** Simulated calls, so that an operator can see the server work. */
export const simulatorRoutes = ({ guards, simulation }: { guards: Guards; simulation: Simulation }) =>
  new Elysia({ prefix: '/internal' })
    .use(guards)
    .use(sharedModels)
    .model({ Simulate, Simulated })
    .post(
      '/simulate',
      async ({ body, status }) => {
        const played = await simulation.play(body.app_id, body.scenario ?? 'call')
        return status(202, { success: true as const, ...played })
      },
      {
        admin: true,
        body: 'Simulate',
        response: { 202: 'Simulated', ...problems('app_not_found', 'scope_missing') },
        detail: {
          tags: ['Health'],
          operationId: 'simulateCall',
          summary: 'Simulate a call',
          description:
            'Plays realistic Dialpad events into an app, processed exactly like real deliveries. Sandbox only.',
        },
      },
    )
