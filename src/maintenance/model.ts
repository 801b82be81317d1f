import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { Id, Instant, Pagination, PhoneNumber } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import type { PageInfo } from '../lib/cursor'
import type { BackupFile, Backups } from './backups'
import { LOAD_RANGES, type Load, type LoadRange } from './load'
import type { Retention } from './retention'
import type { SealedSecrets } from './sealed-secrets'
import { SEALED_KINDS } from './sealed-store'

const Count = z.int().min(0)

export const BackupError = responseSchema(() =>
  z
    .object({ message: z.string().describe('error message'), failed_at: Instant })
    .describe('error of the last backup; null if it succeeded'),
)

export const MaintenanceStatus = responseSchema(() =>
  z.object({
    success: z.literal(true),
    backups: z.object({
      schedule: z.string().nullable().describe('`BACKUP_SCHEDULE`'),
      keep: z.int().describe('`BACKUP_KEEP`'),
      next_at: Instant.nullable(),
      last: z.object({ file: z.string(), bytes: Count, made_at: Instant }).nullable().describe('the newest backup'),
      last_error: BackupError.nullable(),
    }),
    retention: z.object({
      retention_days: z.int().nullable().describe('`RETENTION_DAYS`'),
      last_run: z
        .object({ started_at: Instant, finished_at: Instant, events: Count, stream_entries: Count })
        .nullable()
        .describe('the last run since the start, with the number of deleted rows'),
    }),
  }),
)

export const NumberErased = responseSchema(() =>
  z.object({
    success: z.literal(true),
    app_id: Id,
    number: PhoneNumber,
    erased: z.object({
      calls: Count,
      messages: Count,
      voicemails: Count,
      stream_entries: Count.describe('stream entries whose data was removed; their `seq` remains'),
      events: Count.describe('raw events of the app, and unrouted ones'),
      customer_phones: Count,
    }),
  }),
)

export const NumberParams = z.object({
  app_id: z.string().min(1).max(100),
  number: z.string().min(1).max(40).describe('phone number in any format, such as `%2B15551234567`'),
})

export function toMaintenanceStatus(
  { schedule, keep, nextAt, last, lastError }: ReturnType<Backups['status']>,
  { retentionDays, lastRun }: ReturnType<Retention['status']>,
): z.infer<typeof MaintenanceStatus> {
  return {
    success: true,
    backups: {
      schedule,
      keep,
      next_at: isoOrNull(nextAt),
      last: last && { file: last.path, bytes: last.bytes, made_at: iso(last.madeAt) },
      last_error: lastError && { message: lastError.message, failed_at: iso(lastError.at) },
    },
    retention: {
      retention_days: retentionDays,
      last_run: lastRun && {
        started_at: iso(lastRun.startedAt),
        finished_at: iso(lastRun.finishedAt),
        events: lastRun.events,
        stream_entries: lastRun.streamEntries,
      },
    },
  }
}

const Backup = responseSchema(() => z.object({ name: z.string(), bytes: Count, made_at: Instant }))

export const BackupList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    backups: z.array(Backup).describe('newest first'),
    available: z.boolean().describe('false on Postgres, which is backed up with its own tools'),
    keep: z.int().describe('`BACKUP_KEEP`: number of backups to keep; each new backup deletes older ones'),
    in_progress: z.string().nullable().describe('name of the backup in progress'),
    last_error: BackupError.nullable(),
    pagination: Pagination,
  }),
)
export const BackupStarted = responseSchema(() => z.object({ success: z.literal(true), name: z.string() }))
export const BackupName = z.object({ name: z.string().min(1).max(100) })
export const DownloadLink = responseSchema(() =>
  z.object({ success: z.literal(true), url: z.string(), expires_at: Instant }),
)

export function toBackupList(
  { available, keep, inProgress, lastError }: ReturnType<Backups['status']>,
  page: { rows: BackupFile[]; pagination: PageInfo },
): z.infer<typeof BackupList> {
  return {
    success: true,
    backups: page.rows.map(({ name, bytes, madeAt }) => ({ name, bytes, made_at: iso(madeAt) })),
    available,
    keep,
    in_progress: inProgress,
    last_error: lastError && { message: lastError.message, failed_at: iso(lastError.at) },
    pagination: page.pagination,
  }
}

const Rate = z.number().min(0)

export const LoadQuery = z.strictObject({ range: z.enum(LOAD_RANGES).optional().describe('default `hour`') })
export const LoadAnswer = responseSchema(() =>
  z.object({
    success: z.literal(true),
    range: z.enum(LOAD_RANGES).describe('the requested range'),
    interval_seconds: z.int().describe('length of a sample'),
    samples: z
      .array(
        z.object({
          at: Instant.describe('start of the sample'),
          instances: Count.describe('number of running instances'),
          events_per_second: Rate.describe('webhook deliveries received'),
          processing_ms: Rate.nullable().describe('average time from receipt of an event to the commit of its changes'),
          requests_per_second: Rate,
          answer_ms: Rate.nullable().describe('average response time, excluding long polls and streams'),
          queue_depth: Count.describe('highest number of waiting events'),
          sockets: Count.describe('open WebSocket connections'),
          rss_mb: Count.describe('memory in use'),
          heap_mb: Count.describe('memory in use by JavaScript'),
        }),
      )
      .describe('oldest first; there are no samples for periods when the server was not running'),
  }),
)

export const toLoad = (range: LoadRange, { stepMs, points }: Awaited<ReturnType<Load['read']>>) => ({
  success: true as const,
  range,
  interval_seconds: stepMs / 1000,
  samples: points.map((point) => ({
    at: iso(point.at),
    instances: point.instances,
    events_per_second: point.eventsPerSecond,
    processing_ms: point.processingMs,
    requests_per_second: point.requestsPerSecond,
    answer_ms: point.answerMs,
    queue_depth: point.queueDepth,
    sockets: point.sockets,
    rss_mb: point.rssMb,
    heap_mb: point.heapMb,
  })),
})

export const Resealed = responseSchema(() =>
  z.object({
    success: z.literal(true),
    resealed: Count.describe('secrets that are now encrypted with the first key'),
    current: Count.describe('all secrets that are encrypted with the first key'),
    under_old_keys: Count.describe('secrets that could not be encrypted again, because they were modified'),
    unreadable: Count.describe('secrets that no key of `ENCRYPTION_KEY` decrypts'),
    unreadable_secrets: z
      .array(z.object({ kind: z.enum(SEALED_KINDS), app_id: Id, id: z.string() }))
      .describe('some of the unreadable ones'),
    old_keys_removable: z.boolean().describe('whether every key but the first can be removed from `ENCRYPTION_KEY`'),
  }),
)

export const toResealed = (result: Awaited<ReturnType<SealedSecrets['reseal']>>): z.infer<typeof Resealed> => ({
  success: true,
  resealed: result.resealed,
  current: result.current,
  under_old_keys: result.underOldKeys,
  unreadable: result.unreadable,
  unreadable_secrets: result.named.map(({ kind, appId, id }) => ({ kind, app_id: appId, id })),
  old_keys_removable: result.underOldKeys === 0,
})
