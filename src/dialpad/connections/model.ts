import { z } from 'zod'
import { responseSchema } from '../../http/response-schema'
import { DialpadId, Id, Instant, Pagination } from '../../http/schemas'
import { iso, isoOrNull } from '../../lib/clock'
import type { ConnectionRow } from './store'

export const ConnectLink = responseSchema(() =>
  z.object({
    success: z.literal(true),
    url: z.string().describe("URL to open in a browser, signed in to Dialpad as the company's administrator"),
    expires_at: Instant,
  }),
)

export const Connection = responseSchema(() =>
  z.object({
    id: Id,
    app_id: Id,
    org_id: DialpadId.nullable().describe('Dialpad id of the company'),
    company_name: z.string().nullable(),
    scopes: z.string().nullable(),
    status: z
      .enum(['connected', 'failing', 'disconnected'])
      .describe('`failing`: the last refresh failed and is retried every minute; `disconnected`: connect again'),
    expires_at: Instant.nullable().describe('expiry of the access token, which is refreshed 15 minutes earlier'),
    last_refreshed_at: Instant.nullable(),
    last_error: z.string().nullable(),
    created_at: Instant,
    updated_at: Instant,
  }),
)
export const ConnectionList = responseSchema(() =>
  z.object({
    success: z.literal(true),
    connections: z.array(Connection),
    pagination: Pagination,
  }),
)
export const Disconnected = responseSchema(() =>
  z.object({
    success: z.literal(true),
    id: z.string().describe('id of the connection'),
  }),
)
export const Connected = responseSchema(() => z.object({ status: z.literal('connected'), org_id: DialpadId }))

export const toConnection = (row: ConnectionRow): z.infer<typeof Connection> => ({
  id: row.id,
  app_id: row.appId,
  org_id: row.orgId,
  company_name: row.companyName,
  scopes: row.scopes,
  status: row.status,
  expires_at: isoOrNull(row.expiresAt),
  last_refreshed_at: isoOrNull(row.lastRefreshedAt),
  last_error: row.lastError,
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})
