import { Elysia } from 'elysia'
import type { Guards } from '../auth/guards'
import type { CallQueries } from '../calls/queries'
import type { Cursors } from '../lib/cursor'
import type { MessageQueries } from '../messages/queries'
import type { VoicemailQueries } from '../voicemails/queries'
import { actionAdminRoutes } from './actions/admin-routes'
import { actionRoutes } from './actions/routes'
import { backfillRoutes } from './backfill/routes'
import { connectionRoutes } from './connections/routes'
import type { Dialpad } from './make'
import { mediaRoutes } from './media/routes'
import { troubleRoutes } from './trouble-routes'
import { dialpadUserRoutes } from './users/routes'
import { webhookRoutes } from './webhooks/routes'

/** All routes that use Dialpad. */
export const dialpadRoutes = (deps: {
  guards: Guards
  dialpad: Dialpad
  calls: { queries: CallQueries }
  voicemails: { queries: VoicemailQueries }
  messages: { queries: MessageQueries }
  cursors: Cursors
}) => {
  const { guards, dialpad, calls, voicemails, messages, cursors } = deps
  const { connections, linkBase, webhooks, reconciler, pull, backfill, actions, media, users, apps } = dialpad
  return new Elysia()
    .use(connectionRoutes({ guards, connections, linkBase, cursors }))
    .use(webhookRoutes({ guards, webhooks, reconciler, pull, cursors }))
    .use(troubleRoutes({ guards, dialpad }))
    .use(backfillRoutes({ guards, backfill }))
    .use(actionRoutes({ guards, actions, calls }))
    .use(actionAdminRoutes({ guards, actions, apps }))
    .use(mediaRoutes({ guards, media, calls, voicemails, messages }))
    .use(dialpadUserRoutes({ guards, users, cursors }))
}
