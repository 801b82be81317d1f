import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { DialpadId, Id, Instant, Pagination } from '../http/schemas'
import { iso, isoOrNull } from '../lib/clock'
import { WARNING_CODES, type Warning } from '../observability/warnings'
import type { AppService, IssuedKey } from './service'
import type { AppRow, AuditRow } from './store'

export const App = responseSchema(() =>
  z.object({
    app_id: Id,
    app_name: z.string(),
    active: z.boolean(),
    dialpad_org_id: DialpadId.nullable().describe(
      'Dialpad organization whose events on the shared route belong to this app',
    ),
    shared_route: z
      .boolean()
      .describe('whether this app gets events on the shared route that match no app; true for at most one app'),
    created_at: Instant,
    updated_at: Instant,
  }),
)

const AppName = z.string().trim().min(1).max(200)
export const NewApp = z.strictObject({ name: AppName })
export const AppChange = z
  .strictObject({
    name: AppName.optional(),
    active: z.boolean().optional(),
    dialpad_org_id: DialpadId.positive().nullable().optional().describe('null to remove it'),
    shared_route: z.boolean().optional().describe('true moves it from the app that has it'),
  })
  .refine(
    (change) => Object.keys(change).length > 0,
    'set at least one of name, active, dialpad_org_id and shared_route',
  )
export const RotateKey = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .optional()
    .describe('how long the old key remains valid, in seconds; default 0'),
})

export const AppList = responseSchema(() =>
  z.object({ success: z.literal(true), apps: z.array(App), pagination: Pagination }),
)

export const AppAnswer = responseSchema(() => z.object({ success: z.literal(true), app: App }))
export const AppDeleted = responseSchema(() => z.object({ success: z.literal(true), app_id: Id }))

export const AppCreated = responseSchema(() =>
  z.object({
    success: z.literal(true),
    app_id: Id,
    app_name: z.string(),
    api_key: z.string().describe('shown only once'),
    created_at: Instant,
    warnings: z
      .array(
        z.object({
          code: z.enum(WARNING_CODES),
          message: z.string().describe('the problem'),
          action: z.string().describe('how to fix it'),
        }),
      )
      .describe('warnings that the new app causes: apps whose events the shared route cannot distinguish'),
  }),
)
export const KeyRotated = responseSchema(() =>
  z.object({
    success: z.literal(true),
    app_id: Id,
    app_name: z.string(),
    api_key: z.string().describe('shown only once'),
    rotated_at: Instant,
  }),
)
export const KeyRevoked = responseSchema(() => z.object({ success: z.literal(true), app_id: Id, revoked_at: Instant }))
export const KeyStatus = responseSchema(() =>
  z.object({
    success: z.literal(true),
    app_id: Id,
    has_active_key: z.boolean(),
    key_hint: z.string().nullable().describe('first 8 and last 4 characters'),
    last_rotated: Instant.nullable(),
    last_used_at: Instant.nullable(),
    action_needed: z.boolean().describe('true if no client can use the app until its key is rotated'),
  }),
)
export const KeyAudit = responseSchema(() =>
  z.object({
    success: z.literal(true),
    audit_log: z.array(
      z.object({
        id: Id,
        action: z.enum(['created', 'rotated', 'revoked']).describe('what was done'),
        old_key_hint: z.string().nullable(),
        new_key_hint: z.string().nullable(),
        performed_by: z.string(),
        performed_at: Instant,
      }),
    ),
    pagination: Pagination,
  }),
)

export const toApp = (row: AppRow): z.infer<typeof App> => ({
  app_id: row.id,
  app_name: row.name,
  active: row.active,
  dialpad_org_id: row.orgId,
  shared_route: row.sharedRoute,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})

export const toAppCreated = ({ app, apiKey, at }: IssuedKey, warnings: Warning[]): z.infer<typeof AppCreated> => ({
  success: true,
  app_id: app.id,
  app_name: app.name,
  api_key: apiKey,
  created_at: iso(at),
  warnings: warnings.map(({ code, message, action }) => ({ code, message, action })),
})

export const toKeyRotated = ({ app, apiKey, at }: IssuedKey): z.infer<typeof KeyRotated> => ({
  success: true,
  app_id: app.id,
  app_name: app.name,
  api_key: apiKey,
  rotated_at: iso(at),
})

export const toKeyStatus = (
  appId: string,
  status: Awaited<ReturnType<AppService['keyStatus']>>,
): z.infer<typeof KeyStatus> => ({
  success: true,
  app_id: appId,
  has_active_key: status.hasActiveKey,
  key_hint: status.keyHint,
  last_rotated: isoOrNull(status.lastRotatedAt),
  last_used_at: isoOrNull(status.lastUsedAt),
  action_needed: !status.hasActiveKey,
})

export const toAudit = (row: AuditRow) => ({
  id: row.id,
  action: row.action,
  old_key_hint: row.oldKeyHint,
  new_key_hint: row.newKeyHint,
  performed_by: row.performedBy,
  performed_at: iso(row.performedAt),
})
