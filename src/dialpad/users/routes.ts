import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import { responseSchema } from '../../http/response-schema'
import { DialpadId, PageQuery, Pagination, problems, sharedModels, toPage } from '../../http/schemas'
import { type Cursors, paginateList } from '../../lib/cursor'
import { DIALPAD_CODES } from '../client/dialpad-api-error'
import type { DialpadUserService, MappableUser } from './service'

const DialpadUser = responseSchema(() =>
  z.object({
    dialpad_user_id: DialpadId,
    name: z.string().nullable(),
    emails: z.array(z.string()),
    phone_numbers: z.array(z.string()),
    state: z.string().nullable(),
    crm_user_id: z.string().nullable().describe('CRM user mapped to the Dialpad user'),
    suggested_crm_user_id: z.string().nullable().describe('the only user of the request with the same email address'),
  }),
)
const DialpadUserList = responseSchema(() =>
  z.object({ success: z.literal(true), users: z.array(DialpadUser), pagination: Pagination }),
)
const UserQuery = z
  .strictObject({
    q: z.string().max(200).optional().describe('part of a name, an id, an email address or a number'),
    mapped: z.enum(['true', 'false']).optional().describe('only users with, or without, a mapped CRM user'),
  })
  .extend(PageQuery.shape)
const CrmUsers = z.strictObject({
  crm_users: z
    .array(z.object({ crm_user_id: z.string().min(1).max(200), email: z.string().min(3).max(320) }))
    .max(10_000),
})

const AppId = z.object({ app_id: z.string().max(100) })

export const dialpadUserRoutes = (deps: { guards: Guards; users: DialpadUserService; cursors: Cursors }) => {
  const { guards, users, cursors } = deps

  async function answer(appId: string, query: z.infer<typeof PageQuery>, found: MappableUser[]) {
    const byId = ({ id }: MappableUser) => String(id).padStart(16, '0')
    const { rows, pagination } = await paginateList(cursors, `dialpad-users:${appId}`, toPage(query), found, byId)
    return { success: true as const, users: rows.map(toUser), pagination }
  }

  return new Elysia({ prefix: '/internal/apps/:app_id/dialpad/users', tags: ['Users'] })
    .use(guards)
    .use(sharedModels)
    .model({ DialpadUserList, CrmUsers })
    .get(
      '/',
      async ({ params, query: { q, mapped, ...page } }) => {
        const filter = { q, mapped: mapped && mapped === 'true' }
        return answer(params.app_id, page, await users.find(params.app_id, filter, page.cursor !== undefined))
      },
      {
        admin: true,
        params: AppId,
        query: UserQuery,
        response: { 200: 'DialpadUserList', ...problems('app_not_found', ...DIALPAD_CODES) },
        detail: {
          operationId: 'listDialpadUsers',
          summary: 'List Dialpad users',
          description:
            'Returns the current Dialpad users with their mappings. Searches and later pages may be up to 30 seconds old.',
        },
      },
    )
    .post(
      '/suggestions',
      async ({ params, query, body }) => answer(params.app_id, query, await users.list(params.app_id, body.crm_users)),
      {
        admin: true,
        params: AppId,
        query: PageQuery,
        body: 'CrmUsers',
        response: { 200: 'DialpadUserList', ...problems('app_not_found', ...DIALPAD_CODES) },
        detail: {
          operationId: 'suggestMappings',
          summary: 'Suggest mappings by email',
          description:
            'Suggests mappings for your users by email address. Stores nothing; create mappings with users/batch-map.',
        },
      },
    )
}

const toUser = (user: MappableUser): z.infer<typeof DialpadUser> => ({
  dialpad_user_id: user.id,
  name: user.name,
  emails: user.emails,
  phone_numbers: user.phoneNumbers,
  state: user.state,
  crm_user_id: user.crmUserId,
  suggested_crm_user_id: user.suggestion,
})
