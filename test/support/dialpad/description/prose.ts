/** Rules of request bodies that Dialpad's description gives in words, not in its schemas. */

type Body = Record<string, unknown>

const E164 = /^\+[1-9]\d{6,14}$/
const MAX_CUSTOM_DATA = 2000
const MAX_RECIPIENTS = 10

const e164 = (member: string, value: unknown): string[] =>
  typeof value !== 'string' || E164.test(value) ? [] : [`body/${member} must be in E.164`]

const customData = ({ custom_data }: Body): string[] =>
  typeof custom_data === 'string' && custom_data.length > MAX_CUSTOM_DATA
    ? [`body/custom_data must have at most ${MAX_CUSTOM_DATA} characters`]
    : []

const secret = (body: Body): string[] =>
  typeof body.secret !== 'string' || /^.+$/.test(body.secret) ? [] : ['body/secret must be a single line']

const webhook = ({ hook_url, ...body }: Body): string[] => [
  ...secret(body),
  ...(typeof hook_url !== 'string' || URL.canParse(hook_url) ? [] : ['body/hook_url must be a URL']),
]

function sms({ to_numbers, from_number }: Body): string[] {
  const recipients = Array.isArray(to_numbers) ? to_numbers : []
  return [
    ...recipients.flatMap((number, i) => e164(`to_numbers/${i}`, number)),
    ...(recipients.length > MAX_RECIPIENTS ? [`body/to_numbers must have at most ${MAX_RECIPIENTS} items`] : []),
    ...e164('from_number', from_number),
  ]
}

const RULES: Record<string, (body: Body) => string[]> = {
  'POST /api/v2/call': (body) => [
    ...e164('phone_number', body.phone_number),
    ...(body.outbound_caller_id === 'blocked' ? [] : e164('outbound_caller_id', body.outbound_caller_id)),
    ...customData(body),
  ],
  'POST /api/v2/call/{id}/transfer': (body) => [
    ...e164('to/number', (body.to as Body | null | undefined)?.number),
    ...customData(body),
  ],
  'POST /api/v2/sms': sms,
  'POST /api/v2/webhooks': webhook,
  'PATCH /api/v2/webhooks/{id}': webhook,
  'POST /api/v2/websockets': secret,
  'PATCH /api/v2/websockets/{id}': secret,
}

/** @param body one that fits its schema. */
export const proseProblems = (operation: string, body: unknown): string[] => RULES[operation]?.(body as Body) ?? []
