import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { PageQuery, problems, sharedModels, toPage } from '../http/schemas'
import { iso } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { BackupFile, Backups } from './backups'
import type { DownloadLinks } from './download-links'
import { BackupError, BackupList, BackupName, BackupStarted, DownloadLink, toBackupList } from './model'

/** Maximum idle time of a download. Long, because a backup may be large and the client slow. */
const DOWNLOAD_TIMEOUT_SECONDS = 255
const binary = { content: { 'application/vnd.sqlite3': { schema: { type: 'string' as const, format: 'binary' } } } }
const contents = {
  200: { description: 'The backup, a SQLite database', ...binary },
  206: { description: 'The requested range', ...binary },
}

export function backupRoutes({
  guards,
  backups,
  downloads,
}: {
  guards: Guards
  backups: Backups
  downloads: DownloadLinks
}) {
  return new Elysia({ tags: ['Maintenance'] })
    .use(guards)
    .use(sharedModels)
    .model({ BackupError, BackupList, BackupStarted, DownloadLink })
    .get('/internal/backups', async ({ query }) => toBackupList(backups.status(), await backups.page(toPage(query))), {
      admin: true,
      query: PageQuery,
      response: { 200: 'BackupList' },
      detail: {
        operationId: 'listBackups',
        summary: 'List backups',
        description: 'Returns the backups in `DATA_DIR/backups`, newest first.',
      },
    })
    .post('/internal/backups', ({ status }) => status(202, { success: true as const, name: backups.start() }), {
      admin: true,
      response: { 202: 'BackupStarted', ...problems('conflict') },
      detail: {
        operationId: 'createBackup',
        summary: 'Create a backup',
        description:
          'Starts a consistent copy of the SQLite database while the server is running, and verifies it. The finished backup ' +
          'appears in the list; until then `in_progress` has its name. If a backup is already running, returns its name.',
      },
    })
    .get(
      '/internal/backups/:name',
      ({ params, request, server }) => {
        server?.timeout(request, DOWNLOAD_TIMEOUT_SECONDS)
        return fileResponse(backups.find(params.name))
      },
      {
        admin: true,
        params: BackupName,
        response: { 200: z.unknown(), 206: z.unknown(), ...problems('backup_not_found') },
        detail: {
          operationId: 'downloadBackup',
          summary: 'Download a backup',
          description: 'Streams the backup. It contains all data of the server, so keep it as safe as the server.',
          responses: contents,
        },
      },
    )
    .post(
      '/internal/backups/:name/link',
      ({ params, status }) => {
        const { name } = backups.find(params.name)
        const { token, expiresAt } = downloads.create(name)
        const url = `/downloads/backups/${name}?token=${token}`
        return status(201, { success: true as const, url, expires_at: iso(expiresAt) })
      },
      {
        admin: true,
        params: BackupName,
        response: { 201: 'DownloadLink', ...problems('backup_not_found') },
        detail: {
          operationId: 'createBackupLink',
          summary: 'Create a download link',
          description:
            'Creates a link for a browser, which cannot send credentials with a download. It is valid for one minute.',
        },
      },
    )
    .get(
      '/downloads/backups/:name',
      ({ params, query, request, server }) => {
        if (!downloads.isValid(params.name, query.token ?? ''))
          throw new DomainError('backup_not_found', 'The link has expired. Create a new one.')
        server?.timeout(request, DOWNLOAD_TIMEOUT_SECONDS)
        return fileResponse(backups.find(params.name))
      },
      {
        params: BackupName,
        query: z.strictObject({ token: z.string().max(200).optional().describe('token of the link') }),
        response: { 200: z.unknown(), 206: z.unknown(), ...problems('backup_not_found') },
        detail: {
          operationId: 'downloadBackupByLink',
          summary: 'Download a backup by its link',
          description: 'Streams the backup of a link from `createBackupLink`.',
          responses: contents,
        },
      },
    )
}

const fileResponse = ({ name, path }: BackupFile): Response =>
  new Response(Bun.file(path), {
    headers: {
      'content-type': 'application/vnd.sqlite3',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    },
  })
