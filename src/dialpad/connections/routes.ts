import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import { PAGE_POLICY } from '../../http/health'
import { PAGE, PageQuery, problems, sharedModels, toPage } from '../../http/schemas'
import { iso } from '../../lib/clock'
import { type Cursors, paginateList } from '../../lib/cursor'
import { DomainError } from '../../lib/errors'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import { Connected, Connection, ConnectionList, ConnectLink, Disconnected, toConnection } from './model'
import { resultPage, wantsPage } from './page'
import type { ConnectionService } from './service'

/** Problems of the callback. A browser receives them as a page. */
const CALLBACK_PROBLEMS = problems(
  'connect_link_invalid',
  'oauth_state_invalid',
  'oauth_code_invalid',
  'oauth_denied',
  'dialpad_oauth_not_configured',
  'secret_unreadable',
  ...DIALPAD_CODES,
)

const AppId = z.object({ app_id: z.string().max(100) })
const detail = { tags: ['Dialpad'] }

export const connectionRoutes = (deps: {
  guards: Guards
  connections: ConnectionService
  linkBase: string | null
  cursors: Cursors
}) => {
  const { guards, connections, linkBase, cursors } = deps

  async function link(appId: string) {
    const { token, expiresAt } = await connections.createLink(appId)
    const query = new URLSearchParams({ app_id: appId, link: token })
    return {
      success: true as const,
      url: `${linkBase}/auth/dialpad/authorize?${query}`,
      expires_at: iso(expiresAt),
    }
  }

  return new Elysia()
    .use(guards)
    .use(sharedModels)
    .model({ ConnectLink, Connection, ConnectionList, Disconnected, Connected })
    .get(
      '/auth/dialpad/authorize',
      async ({ query }) =>
        new Response(null, {
          status: 302,
          headers: {
            location: await connections.authorize(query.app_id, query.link ?? null),
            'cache-control': 'no-store',
            'content-security-policy': PAGE_POLICY,
            'referrer-policy': 'no-referrer',
          },
        }),
      {
        query: z.object({
          app_id: z.string().max(100),
          link: z.string().max(200).optional().describe('the secret of a connect link'),
        }),
        response: {
          302: z.void(),
          ...problems('connect_link_invalid', 'dialpad_oauth_not_configured'),
        },
        detail: {
          ...detail,
          security: [],
          responses: { 302: { description: "Redirects to Dialpad's consent page" } },
          operationId: 'authorizeDialpad',
          summary: 'Start connecting a Dialpad account',
          description:
            'Redirects from a connect link to the consent page of Dialpad. Returns 401 without a connect link.',
        },
      },
    )
    .get(
      '/auth/dialpad/callback',
      async ({ request, query }) => {
        try {
          const org_id = await connections.finish(query)
          if (!wantsPage(request)) return json({ status: 'connected', org_id })
          return html(200, 'Connected', `Dialpad organization ${org_id} is connected. You can close this page.`)
        } catch (error) {
          if (!(error instanceof DomainError) || !wantsPage(request)) throw error
          return html(error.status, error.title, error.detail)
        }
      },
      {
        query: z
          .object({
            state: z.string().max(2000),
            code: z.string().max(2000).optional(),
            error: z.string().max(200).optional(),
          })
          .loose(),
        response: { 200: 'Connected', ...CALLBACK_PROBLEMS },
        detail: {
          ...detail,
          security: [],
          responses: Object.fromEntries([200, ...Object.keys(CALLBACK_PROBLEMS)].map((status) => [status, PAGE])),
          operationId: 'completeDialpadAuthorization',
          summary: 'Finish connecting a Dialpad account',
          description:
            'Dialpad redirects the browser here. Returns a page to a browser, also for a problem, and the organization id as JSON to other clients.',
        },
      },
    )
    .post(
      '/internal/apps/:app_id/dialpad/connect-link',
      async ({ params, status }) => status(201, await link(params.app_id)),
      {
        admin: true,
        params: AppId,
        response: { 201: 'ConnectLink', ...problems('app_not_found', 'dialpad_oauth_not_configured') },
        detail: {
          ...detail,
          operationId: 'createAppConnectLink',
          summary: 'Create a connect link for an app',
          description: 'Anyone with the link can connect one Dialpad account to the app, once, within 24 hours.',
        },
      },
    )
    .post('/api/dialpad/connect-link', async ({ principal, status }) => status(201, await link(principal.appId)), {
      scope: 'dialpad:connect',
      response: { 201: 'ConnectLink', ...problems('dialpad_oauth_not_configured') },
      detail: {
        ...detail,
        operationId: 'createConnectLink',
        summary: "Create a connect link with the app's key",
        description: 'Anyone with the link can connect one Dialpad account to this app, once, within 24 hours.',
      },
    })
    .get(
      '/internal/dialpad/connections',
      async ({ query }) => {
        const all = (await connections.list()).filter((one) => !query.app_id || one.appId === query.app_id)
        const { rows, pagination } = await paginateList(cursors, 'connections', toPage(query), all, ({ id }) => id)
        return { success: true as const, connections: rows.map(toConnection), pagination }
      },
      {
        admin: true,
        query: PageQuery.extend({ app_id: z.string().max(100).optional() }),
        response: { 200: 'ConnectionList' },
        detail: {
          ...detail,
          operationId: 'listConnections',
          summary: 'List connections',
          description: 'Returns all OAuth connections with their status, without tokens.',
        },
      },
    )
    .delete(
      '/internal/dialpad/connections/:id',
      async ({ params }) => {
        await connections.disconnect(params.id)
        return { success: true as const, id: params.id }
      },
      {
        admin: true,
        params: z.object({ id: z.string().max(100) }),
        response: { 200: 'Disconnected', ...problems('dialpad_connection_not_found', ...DIALPAD_CODES) },
        detail: {
          ...detail,
          operationId: 'deleteConnection',
          summary: 'Deauthorize a connection',
          description:
            'Revokes the tokens at Dialpad, then deletes them here. Changes nothing if Dialpad is unreachable.',
        },
      },
    )
}

const json = (body: z.infer<typeof Connected>) => Response.json(body, { headers: { 'cache-control': 'no-store' } })

const html = (status: number, title: string, text: string) =>
  new Response(resultPage(title, text), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': PAGE_POLICY,
      'referrer-policy': 'no-referrer',
    },
  })
