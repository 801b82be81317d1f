import type { JsonSchema } from './schemas'

/** A field has the same name everywhere, so one example value per name fits every schema. */
const BY_NAME: Record<string, unknown> = {
  id: '019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f',
  app_id: '019a4f6e-0a10-7c55-9d21-3f6b8e0c1d22',
  app_name: 'My CRM',
  name: 'My CRM',
  api_key: `raw_${'5f0c'.repeat(16)}`,
  key_hint: 'raw_5f0c…5f0c',
  old_key_hint: null,
  new_key_hint: 'raw_5f0c…5f0c',
  performed_by: 'admin',
  dialpad_org_id: 4829103847562240,
  grace_seconds: 3600,
  action_needed: false,
  status: 'ended',
  direction: 'inbound',
  dialpad_call_id: 5780678246121472,
  call_id: '019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f',
  conversation_id: '019a4f6e-2c1b-7a00-8f00-0d9e8f7a6b5c',
  dialpad_user_id: 5991398486736896,
  dialpad_message_id: 6231847561298432,
  crm_user_id: 'ann@example.com',
  user_id: 'ann@example.com',
  from_number: '+15551234567',
  to_number: '+15559876543',
  to_numbers: ['+15559876543'],
  phone_number: '+15551234567',
  phone: '(555) 123-4567',
  phones: ['+15551234567'],
  external_id: 'customer-42',
  customer_id: 'customer-42',
  job_id: 'job-7',
  custom_data: { ticket: 'T-1009' },
  email: 'casey@example.com',
  url: 'https://crm.example.com/customers/42',
  hook_url: 'https://cti.example.com/webhooks/dialpad/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f',
  attributes: { tier: 'gold' },
  media_url: null,
  media_urls: [],
  duration_seconds: 154,
  talk_seconds: 131,
  end_reason: 'hangup',
  recording_url: '/api/calls/019a4f6e-2c1b-7d3e-8f00-5a1b2c3d4e5f/recording',
  transcript: null,
  recap: null,
  labels: ['sales'],
  text: 'Your order is on its way.',
  delivery_result: null,
  is_internal: false,
  is_transferred: false,
  next_cursor: null,
  has_more: false,
  limit: 50,
  offset: 0,
  total: 1,
  count: 1,
  created: 1,
  updated: 0,
  replayed: 1,
  seq: 42,
  next_after: 42,
  event: 'call.started',
  event_type: 'call.hangup',
  attempts: 1,
  error: null,
  last_error: null,
  next_attempt_at: null,
  gap: null,
  token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHAiOiIwMTlhNGY2ZSJ9.c2lnbmF0dXJl',
  ttl_seconds: 3600,
  state: 'connected',
  uptime: 86400.5,
  port: 4000,
  version: '0.1.0',
  environment: 'sandbox',
  payload: { call_id: 5780678246121472, state: 'hangup' },
  phone_numbers: ['+15559876543'],
  emails: ['ann@example.com'],
  checks: {},
  warnings: [],
}

const BY_FORMAT: Record<string, unknown> = {
  uuid: BY_NAME.id,
  'date-time': '2026-01-29T12:00:00.000Z',
  uri: 'https://crm.example.com/customers/42',
  email: 'casey@example.com',
}

/** Builds example values for schemas from `BY_NAME`, if the field's schema accepts the value. */
export function createExamples(components: Record<string, JsonSchema>) {
  const resolve = (schema: JsonSchema): JsonSchema =>
    schema.$ref ? (components[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}) : schema

  function exampleOf(given: JsonSchema, name?: string): unknown {
    const schema = resolve(given)
    if (schema.examples) return schema.examples[0]
    if ('const' in schema) return schema.const
    const named = name === undefined ? undefined : BY_NAME[name]
    if (named !== undefined && takes(schema, named)) return named
    if (schema.enum) return schema.enum[0]
    const options = schema.anyOf ?? schema.oneOf
    const option = options?.find(({ type }) => type !== 'null') ?? options?.[0]
    if (option) return exampleOf(option, name)
    if (schema.format && schema.format in BY_FORMAT) return BY_FORMAT[schema.format]
    const types = [schema.type ?? 'object'].flat()
    switch (types.find((type) => type !== 'null')) {
      case 'array':
        return schema.items ? [exampleOf(schema.items, singular(name))] : []
      case 'integer':
      case 'number':
        return Math.max(1, schema.minimum ?? 1)
      case 'boolean':
        return true
      case 'string':
        return 'text'
      default:
        return Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, property]) => [key, exampleOf(property, key)]),
        )
    }
  }

  /** Whether a value has the type of the schema. */
  function takes(given: JsonSchema, value: unknown): boolean {
    const schema = resolve(given)
    const options = schema.anyOf ?? schema.oneOf
    if (options) return options.some((option) => takes(option, value))
    if (schema.enum) return schema.enum.includes(value)
    if ('const' in schema) return schema.const === value
    if (schema.format === 'date-time') return false
    if (schema.format === 'uuid' && value !== null) return typeof value === 'string' && /^[0-9a-f-]{36}$/.test(value)
    if (schema.properties && value !== null) return false
    if (schema.type === undefined) return true
    return [schema.type].flat().includes(typeOf(value))
  }

  return exampleOf
}

const singular = (name: string | undefined) => name?.replace(/s$/, '')

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
