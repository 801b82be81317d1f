import { z } from 'zod'
import { Id, Instant, PhoneNumber } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import type { Backups } from './backups'
import type { Retention } from './retention'

const Count = z.int().min(0)

export const MaintenanceStatus = z.object({
  success: z.literal(true),
  backups: z.object({
    schedule: z.string().nullable().describe('`BACKUP_SCHEDULE`'),
    keep: z.int().describe('`BACKUP_KEEP`'),
    next_at: Instant.nullable(),
    last: z.object({ file: z.string(), bytes: Count, made_at: Instant }).nullable().describe('the newest one there is'),
    last_error: z
      .object({ message: z.string(), failed_at: Instant })
      .nullable()
      .describe('null when the last one since the start succeeded'),
  }),
  retention: z.object({
    retention_days: z.int().nullable().describe('`RETENTION_DAYS`'),
    last_run: z
      .object({ started_at: Instant, finished_at: Instant, events: Count, stream_entries: Count })
      .nullable()
      .describe('the last one since the start, with what it removed'),
  }),
})

export const NumberErased = z.object({
  success: z.literal(true),
  app_id: Id,
  number: PhoneNumber,
  erased: z.object({
    calls: Count,
    messages: Count,
    voicemails: Count,
    stream_entries: Count.describe('they keep their `seq`, and have nothing of the person any more'),
    events: Count.describe('raw events of the app, and unrouted ones'),
    customer_phones: Count,
  }),
})

export const NumberParams = z.object({
  app_id: z.string().min(1).max(100),
  number: z.string().min(1).max(40).describe('in any spelling, such as `%2B15551234567`'),
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
