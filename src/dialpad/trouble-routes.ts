import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { responseSchema } from '../http/response-schema'
import { Id, Instant, sharedModels } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import { WARNING_CODES } from '../observability/warnings'
import type { Dialpad } from './make'
import type { Trouble as DialpadTrouble } from './troubles'
import { REPAIRS } from './webhooks/reconcile'

const Trouble = responseSchema(() =>
  z.object({
    code: z.enum(WARNING_CODES),
    message: z.string().describe('the problem'),
    action: z.string().describe('what to do'),
    subject: z.string().nullable().describe('the id of the webhook, connection, or app'),
    app_id: Id.nullable().describe('null if it affects every app'),
    repair: z
      .enum(['reconcile', 'connect'])
      .nullable()
      .describe(
        '`reconcile`: POST /internal/webhooks/reconcile repairs it; `connect`: connect the app again; null: requires a person',
      ),
  }),
)
const LastRepair = responseSchema(() =>
  z.object({
    app_id: Id,
    repaired_at: Instant,
    webhook_id: z.string().nullable(),
    what: z.enum(REPAIRS),
    detail: z.string(),
  }),
)
const TroubleList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    troubles: z.array(Trouble).describe('the current problems'),
    checked_at: Instant.nullable().describe('time of the last check at Dialpad; null before the first one'),
    repairs: z.array(LastRepair).describe('repairs since the start of this instance, newest first'),
  }),
)

/** Current problems at Dialpad, for the console and for operators. */
export const troubleRoutes = ({ guards, dialpad }: { guards: Guards; dialpad: Pick<Dialpad, 'troubles'> }) => {
  const { troubles } = dialpad
  const current = async () => ({
    success: true as const,
    troubles: (await troubles.current()).map(toTrouble),
    checked_at: isoOrNull(troubles.checkedAt()),
    repairs: troubles.repairs().map(({ appId, at, webhook_id, what, detail }) => ({
      app_id: appId,
      repaired_at: iso(at),
      webhook_id,
      what,
      detail,
    })),
  })

  return new Elysia({ prefix: '/internal/dialpad/troubles', tags: ['Dialpad'] })
    .use(guards)
    .use(sharedModels)
    .model({ DialpadTroubleList: TroubleList })
    .get('/', current, {
      admin: true,
      response: { 200: 'DialpadTroubleList' },
      detail: {
        operationId: 'listDialpadTroubles',
        summary: 'List problems at Dialpad',
        description:
          'Returns webhooks and subscriptions that were changed, disabled, or deleted at Dialpad, failing connections, missing ' +
          'scopes, failed backfills, and interrupted pull connections, as of the last hourly check. `/health` has the same warnings.',
      },
    })
    .post(
      '/check',
      async () => {
        await troubles.check()
        return current()
      },
      {
        admin: true,
        response: { 200: 'DialpadTroubleList' },
        detail: {
          operationId: 'checkDialpad',
          summary: 'Check Dialpad now',
          description: 'Compares every webhook and subscription with Dialpad, without changes.',
        },
      },
    )
}

const toTrouble = ({ code, message, action, subject, appId, repair }: DialpadTrouble): z.infer<typeof Trouble> => ({
  code,
  message,
  action,
  subject: subject ?? null,
  app_id: appId,
  repair,
})
