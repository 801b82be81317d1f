import { z } from 'zod'
import { responseSchema } from '../../http/response-schema'
import { Id, Instant } from '../../http/schemas'
import { iso, isoOrNull } from '../../lib/clock'
import type { BackfillRow } from './store'

export const NewBackfill = z.strictObject({
  app_id: z.string().min(1).max(100),
  since: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('start of the range; by default two hours before the watermark'),
})
export const Backfill = responseSchema(() =>
  z.object({
    app_id: Id,
    running: z.boolean(),
    watermark_at: Instant.describe('time before which no call is missing'),
    last_started_at: Instant.nullable(),
    last_finished_at: Instant.nullable(),
    last_error: z.string().nullable(),
    calls_seen: z.int().describe('number of calls read, over all runs'),
    calls_recovered: z.int().describe('number of missed calls recovered, over all runs'),
  }),
)
export const BackfillAnswer = responseSchema(() =>
  z.object({ success: z.literal(true), backfill: Backfill.nullable() }),
)

export const toBackfill = (row: BackfillRow, running: boolean): z.infer<typeof Backfill> => ({
  app_id: row.appId,
  running,
  watermark_at: iso(row.watermarkAt),
  last_started_at: isoOrNull(row.lastStartedAt),
  last_finished_at: isoOrNull(row.lastFinishedAt),
  last_error: row.lastError,
  calls_seen: row.callsSeen,
  calls_recovered: row.callsRecovered,
})
