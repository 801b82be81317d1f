import { Elysia } from 'elysia'
import type { Auth } from '../auth/guards'
import type { CallQueries } from '../calls/queries'
import type { Cursors } from '../lib/cursor'
import type { MessageQueries } from '../messages/queries'
import type { VoicemailQueries } from '../voicemails/queries'
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
  auth: Auth
  dialpad: Dialpad
  calls: CallQueries
  voicemails: VoicemailQueries
  messages: MessageQueries
  cursors: Cursors
}) => {
  const { auth, dialpad, calls, voicemails, messages, cursors } = deps
  const { connections, linkBase, webhooks, reconciler, pull, backfill, actions, media, users } = dialpad
  return new Elysia()
    .use(connectionRoutes({ auth, connections, linkBase, cursors }))
    .use(webhookRoutes({ auth, webhooks, reconciler, pull, cursors }))
    .use(troubleRoutes({ auth, dialpad }))
    .use(backfillRoutes({ auth, backfill }))
    .use(actionRoutes({ auth, actions, calls }))
    .use(mediaRoutes({ auth, media, calls, voicemails, messages }))
    .use(dialpadUserRoutes({ auth, users, cursors }))
}
