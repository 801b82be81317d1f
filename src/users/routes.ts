import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { AppParams, DialpadIdText, PageQuery, problems, sharedModels, toPage } from '../http/schemas'
import {
  Mapping,
  MappingAnswer,
  MappingList,
  MappingsOfUser,
  MappingsSaved,
  NewMapping,
  NewMappings,
  toMapping,
} from './model'
import type { MappingService } from './service'

const MappingParams = AppParams.extend({ id: z.string().min(1).max(100) })
const DialpadUserParams = AppParams.extend({ id: DialpadIdText })
const CrmUserParams = AppParams.extend({ id: z.string().min(1).max(200).describe('CRM user') })

export const userRoutes = ({ guards, users }: { guards: Guards; users: { mappings: MappingService } }) =>
  new Elysia({ prefix: '/internal/apps/:app_id/users', tags: ['Users'] })
    .use(guards)
    .use(sharedModels)
    .model({ NewMapping, NewMappings, Mapping, MappingAnswer, MappingList, MappingsOfUser, MappingsSaved })
    .post(
      '/map',
      async ({ params, body }) => ({
        success: true as const,
        mapping: toMapping(await users.mappings.map(params.app_id, body)),
      }),
      {
        admin: true,
        params: AppParams,
        body: 'NewMapping',
        response: { 200: 'MappingAnswer', ...problems('app_not_found') },
        detail: {
          operationId: 'mapUser',
          summary: 'Map a Dialpad user',
          description:
            'Maps a Dialpad user to a CRM user, or changes the mapping. Calls, messages, voicemails and live ' +
            'events then include the CRM user as `user_id`.',
        },
      },
    )
    .post(
      '/batch-map',
      async ({ params, body }) => ({
        success: true as const,
        ...(await users.mappings.mapMany(params.app_id, body.mappings)),
      }),
      {
        admin: true,
        params: AppParams,
        body: 'NewMappings',
        response: { 200: 'MappingsSaved', ...problems('app_not_found') },
        detail: {
          operationId: 'mapUsers',
          summary: 'Map many Dialpad users',
          description:
            'Creates or changes up to 10,000 mappings in one transaction. If a row is invalid, nothing is stored and the 422 ' +
            'response lists each invalid row in `errors`, such as `mappings.3.crm_user_id`.',
        },
      },
    )
    .get(
      '/mappings',
      async ({ params, query }) => {
        const { rows, pagination } = await users.mappings.list(params.app_id, toPage(query))
        return { success: true as const, mappings: rows.map(toMapping), pagination }
      },
      {
        admin: true,
        params: AppParams,
        query: PageQuery,
        response: { 200: 'MappingList', ...problems('app_not_found') },
        detail: {
          operationId: 'listMappings',
          summary: 'List user mappings',
          description: 'Returns mappings, oldest first.',
        },
      },
    )
    .get(
      '/mappings/dialpad/:id',
      async ({ params }) => ({
        success: true as const,
        mapping: toMapping(await users.mappings.ofDialpadUser(params.app_id, params.id)),
      }),
      {
        admin: true,
        params: DialpadUserParams,
        response: { 200: 'MappingAnswer', ...problems('app_not_found', 'mapping_not_found') },
        detail: {
          operationId: 'getMappingOfDialpadUser',
          summary: 'Look up a Dialpad user',
          description: 'Returns the mapping of a Dialpad user.',
        },
      },
    )
    .get(
      '/mappings/crm/:id',
      async ({ params }) => {
        const found = (await users.mappings.ofCrmUser(params.app_id, params.id)).map(toMapping)
        // biome-ignore lint/style/noNonNullAssertion: ofCrmUser throws when there is none
        return { success: true as const, mapping: found[0]!, mappings: found }
      },
      {
        admin: true,
        params: CrmUserParams,
        response: { 200: 'MappingsOfUser', ...problems('app_not_found', 'mapping_not_found') },
        detail: {
          operationId: 'getMappingsOfCrmUser',
          summary: 'Look up a CRM user',
          description: 'Returns all mappings of a CRM user.',
        },
      },
    )
    .delete(
      '/mappings/:id',
      async ({ params }) => ({
        success: true as const,
        mapping: toMapping(await users.mappings.remove(params.app_id, params.id)),
      }),
      {
        admin: true,
        params: MappingParams,
        response: { 200: 'MappingAnswer', ...problems('app_not_found', 'mapping_not_found') },
        detail: {
          operationId: 'deleteMapping',
          summary: 'Delete a user mapping',
          description: 'Returns the deleted mapping.',
        },
      },
    )
    .delete(
      '/mappings/dialpad/:id',
      async ({ params }) => ({
        success: true as const,
        mapping: toMapping(await users.mappings.removeDialpadUser(params.app_id, params.id)),
      }),
      {
        admin: true,
        params: DialpadUserParams,
        response: { 200: 'MappingAnswer', ...problems('app_not_found', 'mapping_not_found') },
        detail: {
          operationId: 'deleteMappingOfDialpadUser',
          summary: 'Delete the mapping of a Dialpad user',
          description: 'Returns the deleted mapping.',
        },
      },
    )
