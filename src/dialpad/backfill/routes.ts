import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import { problems, sharedModels } from '../../http/schemas'
import { Backfill, BackfillAnswer, NewBackfill, toBackfill } from './model'
import type { BackfillService } from './service'

export const backfillRoutes = ({ guards, backfill }: { guards: Guards; backfill: BackfillService }) => {
  async function state(appId: string) {
    const row = await backfill.status(appId)
    return { success: true as const, backfill: row && toBackfill(row, backfill.isRunning(row)) }
  }

  return new Elysia({ prefix: '/internal/dialpad/connections/backfill', tags: ['Dialpad'] })
    .use(guards)
    .use(sharedModels)
    .model({ NewBackfill, Backfill, BackfillAnswer })
    .post(
      '/',
      async ({ body, status }) => {
        await backfill.launch(body.app_id, body.since === undefined ? null : Date.parse(body.since))
        return status(202, await state(body.app_id))
      },
      {
        admin: true,
        body: 'NewBackfill',
        response: { 202: 'BackfillAnswer', ...problems('app_not_found', 'conflict', 'dialpad_not_connected') },
        detail: {
          operationId: 'startBackfill',
          summary: 'Start a backfill',
          description:
            'Lists finished calls at Dialpad and imports those this server missed. Also runs after each start and every 15 ' +
            'minutes. Returns immediately; read the progress with GET. Returns 409 while a backfill is running.',
        },
      },
    )
    .get('/', ({ query }) => state(query.app_id), {
      admin: true,
      query: z.strictObject({ app_id: z.string().min(1).max(100) }),
      response: { 200: 'BackfillAnswer' },
      detail: {
        operationId: 'getBackfill',
        summary: 'Get the state of the backfill',
        description: 'Returns the state of the backfill, or null if no backfill has started for the app.',
      },
    })
}
