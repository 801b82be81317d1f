import { z } from 'zod'

/** Request bodies as Dialpad's published API description gives them; an unknown field is a client's mistake. */

const id = z.union([z.int().positive(), z.string().regex(/^\d+$/)]).transform(Number)
const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be E.164')

export const CALL_STATES = [
  'admin',
  'admin_recording',
  'ai_playbook',
  'all',
  'barge',
  'blocked',
  'call_transcription',
  'calling',
  'connected',
  'csat',
  'dispositions',
  'eavesdrop',
  'hangup',
  'hold',
  'merged',
  'missed',
  'monitor',
  'parked',
  'pcsat',
  'postcall',
  'preanswer',
  'queued',
  'recap_action_items',
  'recap_outcome',
  'recap_purposes',
  'recap_summary',
  'recording',
  'ringing',
  'takeover',
  'transcription',
  'voicemail',
  'voicemail_uploaded',
] as const
const TARGET_TYPES = [
  'callcenter',
  'callrouter',
  'channel',
  'coachinggroup',
  'coachingteam',
  'department',
  'office',
  'room',
  'staffgroup',
  'unknown',
  'user',
] as const

const subscribed = { endpoint_id: id, enabled: z.boolean().optional() }
const target = { target_type: z.enum(TARGET_TYPES).optional(), target_id: id.optional() }
const group = z.enum(['callcenter', 'department', 'office'])

export const Shapes = {
  createWebhook: z.strictObject({ hook_url: z.url(), secret: z.string().regex(/^.+$/).optional() }),
  updateWebhook: z.strictObject({ hook_url: z.url().optional(), secret: z.string().regex(/^.+$/).optional() }),
  createWebsocket: z.strictObject({ secret: z.string().regex(/^.+$/).optional() }),
  subscription: {
    call: z.strictObject({
      ...subscribed,
      ...target,
      call_states: z.array(z.enum(CALL_STATES)).optional(),
      group_calls_only: z.boolean().optional(),
    }),
    sms: z.strictObject({
      ...subscribed,
      ...target,
      direction: z.enum(['all', 'inbound', 'outbound']),
      include_internal: z.boolean().optional(),
      status: z.boolean().optional(),
    }),
    agent_status: z.strictObject({ ...subscribed, agent_type: z.literal('callcenter') }),
  },
  ringCall: z.strictObject({
    phone_number: e164,
    user_id: id,
    device_id: z.string().optional(),
    group_id: id.optional(),
    group_type: group.optional(),
    is_consult: z.boolean().optional(),
    outbound_caller_id: z.union([e164, z.literal('blocked')]).optional(),
    custom_data: z.string().max(2000).optional(),
  }),
  transferCall: z.strictObject({
    to: z.union([
      z.strictObject({ number: e164 }),
      z.strictObject({ call_id: id }),
      z.strictObject({ target_id: id, target_type: z.enum(['callcenter', 'department', 'office', 'user']) }),
    ]),
    transfer_state: z.enum(['hold', 'parked', 'preanswer', 'voicemail']).optional(),
    custom_data: z.string().optional(),
  }),
  sendSms: z.strictObject({
    to_numbers: z.array(e164).min(1).max(10),
    text: z.string().optional(),
    from_number: e164.optional(),
    user_id: id.optional(),
    sender_group_id: id.optional(),
    sender_group_type: group.optional(),
    infer_country_code: z.boolean().optional(),
    media: z.string().optional(),
    channel_hashtag: z.string().optional(),
  }),
  authorizationCode: z.strictObject({
    grant_type: z.literal('authorization_code'),
    code: z.string(),
    code_verifier: z
      .string()
      .regex(/^[A-Za-z0-9._~-]{43,128}$/)
      .optional(),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
    // RFC 6749 asks for it and clients of Dialpad send it; the published description leaves it out.
    redirect_uri: z.string().optional(),
  }),
  refreshToken: z.strictObject({
    grant_type: z.literal('refresh_token'),
    refresh_token: z.string(),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
  }),
}

export const Queries: Record<string, z.ZodType<Record<string, string | undefined>>> = {
  'GET /api/v2/call': z.strictObject({
    cursor: z.string().optional(),
    started_after: z.string().regex(/^\d+$/).optional(),
    started_before: z.string().regex(/^\d+$/).optional(),
    target_id: z.string().regex(/^\d+$/).optional(),
    target_type: z.enum(TARGET_TYPES).optional(),
  }),
  'GET /api/v2/users': z.strictObject({
    cursor: z.string().optional(),
    state: z.enum(['active', 'all', 'cancelled', 'deleted', 'pending', 'suspended']).optional(),
    company_admin: z.enum(['true', 'false']).optional(),
    email: z.string().optional(),
    number: z.string().optional(),
  }),
}
