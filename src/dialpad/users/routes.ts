import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../../http/auth'
import { DialpadId, problems, sharedModels } from '../../http/schemas'
import type { DialpadUserService, MappableUser } from './service'

const DialpadUser = z.object({
  dialpad_user_id: DialpadId,
  name: z.string().nullable(),
  emails: z.array(z.string()),
  phone_numbers: z.array(z.string()),
  state: z.string().nullable(),
  crm_user_id: z.string().nullable().describe('whom it is mapped to'),
  suggested_crm_user_id: z
    .string()
    .nullable()
    .describe('of the users that were sent, the only one with the same e-mail address'),
})
const DialpadUserList = z.object({ success: z.literal(true), users: z.array(DialpadUser) })
const CrmUsers = z.object({
  crm_users: z
    .array(z.object({ crm_user_id: z.string().min(1).max(200), email: z.string().min(3).max(320) }))
    .max(10_000),
})

const AppId = z.object({ app_id: z.string().max(100) })
const FAILURES = [401, 404, 409, 422, 429, 502] as const

export const dialpadUserRoutes = ({ auth, users }: { auth: Auth; users: DialpadUserService }) => {
  const answer = (found: MappableUser[]) => ({ success: true as const, users: found.map(toUser) })
  return new Elysia({ prefix: '/internal/apps/:app_id/dialpad/users', tags: ['Users'] })
    .use(auth)
    .use(sharedModels)
    .model({ DialpadUserList, CrmUsers })
    .get('/', async ({ params }) => answer(await users.list(params.app_id)), {
      admin: true,
      params: AppId,
      response: { 200: 'DialpadUserList', ...problems(...FAILURES) },
      detail: { summary: "List Dialpad's users", description: 'As Dialpad has them now, with whom each is mapped to.' },
    })
    .post('/suggestions', async ({ params, body }) => answer(await users.list(params.app_id, body.crm_users)), {
      admin: true,
      params: AppId,
      body: 'CrmUsers',
      response: { 200: 'DialpadUserList', ...problems(400, ...FAILURES, 415) },
      detail: {
        summary: 'Suggest mappings by e-mail',
        description: 'Send your users with their addresses; nothing is stored. Map with users/batch-map.',
      },
    })
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
