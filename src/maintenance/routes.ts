import { Elysia } from 'elysia'
import type { Guards } from '../auth/guards'
import { problems, sharedModels } from '../http/schemas'
import type { Backups } from './backups'
import type { Erasure } from './erasure'
import type { Load } from './load'
import {
  BackupError,
  LoadAnswer,
  LoadQuery,
  MaintenanceStatus,
  NumberErased,
  NumberParams,
  Resealed,
  toLoad,
  toMaintenanceStatus,
  toResealed,
} from './model'
import type { Retention } from './retention'
import type { SealedSecrets } from './sealed-secrets'

export const maintenanceRoutes = (deps: {
  guards: Guards
  backups: Backups
  retention: Retention
  erasure: Erasure
  load: Load
  secrets: SealedSecrets
}) => {
  const { guards, backups, retention, erasure, load, secrets } = deps
  return new Elysia({ prefix: '/internal', tags: ['Maintenance'] })
    .use(guards)
    .use(sharedModels)
    .model({ BackupError, MaintenanceStatus, NumberErased, LoadAnswer, Resealed })
    .get('/maintenance', () => toMaintenanceStatus(backups.status(), retention.status()), {
      admin: true,
      response: { 200: 'MaintenanceStatus' },
      detail: {
        operationId: 'getMaintenance',
        summary: 'Get the state of backups and retention',
        description: 'Returns the last and the next backup, and the last run of retention.',
      },
    })
    .get('/load', async ({ query: { range = 'hour' } }) => toLoad(range, await load.read(range)), {
      admin: true,
      query: LoadQuery,
      response: { 200: 'LoadAnswer' },
      detail: {
        operationId: 'getLoad',
        summary: 'Get the load of the last hour or day',
        description:
          'Returns the load of all instances together, sampled every 30 seconds and stored in the database. Current figures ' +
          'are in `/metrics`.',
      },
    })
    .post('/encryption/reseal', async () => toResealed(await secrets.reseal()), {
      admin: true,
      response: { 200: 'Resealed' },
      detail: {
        operationId: 'resealSecrets',
        summary: 'Encrypt every secret with the first key',
        description:
          'To retire an `ENCRYPTION_KEY`: set `ENCRYPTION_KEY=NEW,OLD` on every instance, restart them, then call this. ' +
          'When `old_keys_removable` is true, set `ENCRYPTION_KEY=NEW`. Running it again changes nothing.',
      },
    })
    .delete(
      '/apps/:app_id/numbers/:number',
      async ({ params }) => ({
        success: true as const,
        app_id: params.app_id,
        ...(await erasure.eraseNumber(params.app_id, params.number)),
      }),
      {
        admin: true,
        params: NumberParams,
        response: { 200: 'NumberErased', ...problems('app_not_found') },
        detail: {
          operationId: 'eraseNumber',
          summary: 'Erase a phone number',
          description:
            'Erases all data of the number in this app: conversations with all their calls, messages, voicemails, raw events ' +
            '(including unrouted ones), and the number in the customer directory. Stream entries keep only their `seq`, ids ' +
            'and times, and have `erased: true`. Earlier backups still contain the data until they are deleted.',
        },
      },
    )
}
