import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { DialpadId, Id, Instant, Pagination } from '../http/schemas'
import { iso } from '../lib/clock'
import type { MappingRow } from './store'

const MAX_BATCH = 10_000

const CrmUserId = z.string().trim().min(1).max(200).describe("the user's id in your software")

export const NewMapping = z.strictObject({
  dialpad_user_id: DialpadId.positive(),
  crm_user_id: CrmUserId,
})
export const NewMappings = z.strictObject({ mappings: z.array(NewMapping).min(1).max(MAX_BATCH) })

export const Mapping = responseSchema(() =>
  z.object({
    id: Id,
    dialpad_user_id: DialpadId,
    crm_user_id: z.string(),
    created_at: Instant,
    updated_at: Instant,
  }),
)
export const MappingAnswer = responseSchema(() => z.object({ success: z.literal(true), mapping: Mapping }))
export const MappingList = responseSchema(() =>
  z.object({ success: z.literal(true), mappings: z.array(Mapping), pagination: Pagination }),
)
export const MappingsOfUser = responseSchema(() =>
  z.object({
    success: z.literal(true),
    mapping: Mapping.describe('the oldest mapping'),
    mappings: z.array(Mapping).describe('all mappings of the CRM user'),
  }),
)
export const MappingsSaved = responseSchema(() =>
  z.object({
    success: z.literal(true),
    count: z.int().describe('number of rows in the batch'),
    created: z.int(),
    updated: z.int().describe('number of rows with an already mapped Dialpad user'),
  }),
)

export const toMapping = (row: MappingRow): z.infer<typeof Mapping> => ({
  id: row.id,
  dialpad_user_id: row.dialpadUserId,
  crm_user_id: row.crmUserId,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})
