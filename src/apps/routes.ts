import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { AppParams, PageQuery, problems, sharedModels, toPage } from '../http/schemas'
import { iso } from '../lib/clock'
import type { Warning } from '../observability/warnings'
import {
  App,
  AppAnswer,
  AppChange,
  AppCreated,
  AppDeleted,
  AppList,
  KeyAudit,
  KeyRevoked,
  KeyRotated,
  KeyStatus,
  NewApp,
  RotateKey,
  toApp,
  toAppCreated,
  toAudit,
  toKeyRotated,
  toKeyStatus,
} from './model'
import type { AppService } from './service'

export const appRoutes = ({
  guards,
  apps,
  release,
  warnings,
}: {
  guards: Guards
  apps: AppService
  /** Removes an app's webhooks and connection at Dialpad before the app is deleted. */
  release(appId: string): Promise<void>
  /** Warnings about apps that share a route. */
  warnings(): Promise<Warning[]>
}) =>
  new Elysia({ prefix: '/internal/apps', tags: ['Apps'] })
    .use(guards)
    .use(sharedModels)
    .model({
      App,
      AppList,
      AppAnswer,
      AppChange,
      AppDeleted,
      NewApp,
      AppCreated,
      RotateKey,
      KeyRotated,
      KeyRevoked,
      KeyStatus,
      KeyAudit,
    })
    .get(
      '/',
      async ({ query }) => {
        const { rows, pagination } = await apps.list(toPage(query))
        return { success: true as const, apps: rows.map(toApp), pagination }
      },
      {
        admin: true,
        query: PageQuery,
        response: { 200: 'AppList' },
        detail: { operationId: 'listApps', summary: 'List apps', description: 'Returns apps, newest first.' },
      },
    )
    .post(
      '/',
      async ({ admin, body, status }) =>
        status(201, toAppCreated(await apps.create(body.name, admin.subject), await warnings())),
      {
        admin: true,
        body: 'NewApp',
        response: { 201: 'AppCreated' },
        detail: {
          operationId: 'createApp',
          summary: 'Create an app',
          description:
            'Returns the app with its API key, which is shown only once. `warnings` reports if events on the shared route ' +
            'become ambiguous; `shared_route` assigns that route to one app.',
        },
      },
    )
    .get(
      '/:app_id',
      async ({ params }) => ({ success: true as const, app: toApp(await apps.requireApp(params.app_id)) }),
      {
        admin: true,
        params: AppParams,
        response: { 200: 'AppAnswer', ...problems('app_not_found') },
        detail: {
          operationId: 'getApp',
          summary: 'Get an app',
          description: "Returns the app's name, status and Dialpad organization.",
        },
      },
    )
    .patch(
      '/:app_id',
      async ({ params, body }) => ({
        success: true as const,
        app: toApp(await apps.update(params.app_id, toChange(body))),
      }),
      {
        admin: true,
        params: AppParams,
        body: 'AppChange',
        response: { 200: 'AppAnswer', ...problems('app_not_found') },
        detail: {
          operationId: 'updateApp',
          summary: 'Update an app',
          description:
            'Changes the name, status or Dialpad organization of an app. While an app is inactive, its key is rejected and ' +
            'its sockets are closed. Events are still recorded.',
        },
      },
    )
    .delete(
      '/:app_id',
      async ({ params }) => {
        await apps.requireApp(params.app_id)
        await release(params.app_id)
        await apps.remove(params.app_id)
        return { success: true as const, app_id: params.app_id }
      },
      {
        admin: true,
        params: AppParams,
        response: { 200: 'AppDeleted', ...problems('app_not_found') },
        detail: {
          operationId: 'deleteApp',
          summary: 'Delete an app',
          description:
            'Deletes the app and all its data: keys, calls, messages, voicemails, customers, mappings and events. Also ' +
            'deletes its webhooks and its connection at Dialpad, if Dialpad is reachable.',
        },
      },
    )
    .post(
      '/:app_id/api-key',
      async ({ admin, params, body, status }) =>
        status(201, toKeyRotated(await apps.rotateKey(params.app_id, body?.grace_seconds ?? 0, admin.subject))),
      {
        admin: true,
        params: AppParams,
        body: z.optional(RotateKey),
        response: { 201: 'KeyRotated', ...problems('app_not_found') },
        detail: {
          operationId: 'rotateApiKey',
          summary: 'Rotate the API key',
          description: 'Creates a new key. The old key ends immediately, or after `grace_seconds`.',
        },
      },
    )
    .post(
      '/:app_id/api-key/revoke',
      async ({ admin, params }) => ({
        success: true as const,
        app_id: params.app_id,
        revoked_at: iso(await apps.revokeKey(params.app_id, admin.subject)),
      }),
      {
        admin: true,
        params: AppParams,
        response: { 200: 'KeyRevoked', ...problems('app_not_found', 'key_not_found') },
        detail: {
          operationId: 'revokeApiKey',
          summary: 'Revoke the API key',
          description: 'Ends all keys of the app and closes its sockets.',
        },
      },
    )
    .get(
      '/:app_id/api-key/status',
      async ({ params }) => toKeyStatus(params.app_id, await apps.keyStatus(params.app_id)),
      {
        admin: true,
        params: AppParams,
        response: { 200: 'KeyStatus', ...problems('app_not_found') },
        detail: {
          operationId: 'getApiKeyStatus',
          summary: 'Get the status of the API key',
          description: 'Returns whether the app has an active key, its hint and its last use.',
        },
      },
    )
    .get(
      '/:app_id/api-key/audit',
      async ({ params, query }) => {
        const { rows, pagination } = await apps.audit(params.app_id, toPage(query))
        return { success: true as const, audit_log: rows.map(toAudit), pagination }
      },
      {
        admin: true,
        params: AppParams,
        query: PageQuery,
        response: { 200: 'KeyAudit', ...problems('app_not_found') },
        detail: {
          operationId: 'listApiKeyAudit',
          summary: "List the key's history",
          description: 'Returns who created, rotated and revoked keys, newest first.',
        },
      },
    )

const toChange = ({ name, active, dialpad_org_id, shared_route }: z.infer<typeof AppChange>) => ({
  ...(name === undefined ? {} : { name }),
  ...(active === undefined ? {} : { active }),
  ...(dialpad_org_id === undefined ? {} : { orgId: dialpad_org_id }),
  ...(shared_route === undefined ? {} : { sharedRoute: shared_route }),
})
