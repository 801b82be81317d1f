import { expect, test } from 'bun:test'
import { propertiesOf } from '../../src/http/openapi/fields'
import type { JsonSchema } from '../../src/http/openapi/schemas'
import { document, operations } from '../support/documented'

/** Why the values of a text are open. A name that is an enum elsewhere is listed with its place, or as `any name`. */
const OPEN: Record<string, string[]> = {
  'ids, of ours, of Dialpad, and of other software': [
    ...['id', 'app_id', 'webhook_id', 'delivery_id', 'subscription_id', 'request_id', 'subject'],
    ...['user_id', 'crm_user_id', 'suggested_crm_user_id', 'target_crm_user', 'customer_id', 'external_id', 'job_id'],
  ],
  'secrets, and parts of them': [
    ...['api_key', 'token', 'secret', 'link', 'key_hint', 'old_key_hint', 'new_key_hint', 'Idempotency-Key'],
    ...['cursor', 'next_cursor'],
  ],
  'numbers, addresses, and names': [
    ...['from', 'to', 'number', 'with', 'phone', 'phones', 'phone_number', 'phone_numbers', 'outbound_caller_id'],
    ...['from_number', 'to_number', 'to_numbers', 'email', 'emails', 'url', 'hook_url', 'media_url', 'media_urls'],
    ...['recording_url', 'index', 'any name', 'app_name', 'company_name', 'file', 'in_progress', 'performed_by'],
  ],
  'what people or programs wrote': [
    ...['q', 'text', 'transcript', 'labels', 'custom_data', 'description', 'title', 'detail', 'message', 'any action'],
    ...['error', 'last_error', 'last_failure', 'response_body', 'summary', 'value', 'path', 'version', 'schedule'],
  ],
  'instants in several forms, and time zones': [
    ...['created_after', 'created_before', 'received_after', 'received_before', 'sent_after', 'sent_before'],
    ...['started_after', 'started_before', 'updated_after', 'time_zone'],
  ],
  'patterns of event names, such as call.*': ['events'],
  "Dialpad's, which may grow; unknown ones are kept": [
    ...['event_type', 'delivery_result', 'on_duty_status', 'availability_status', 'scopes'],
    ...['CallWithTimeline.timeline[].state', 'MessageSent.status'],
    ...['Conversation.timeline[].state', 'DialpadUserList.users[].state', 'Message.status'],
    ...['MessageReceivedEntry.status', 'MessageSentEntry.status', 'MessageUpdatedEntry.status'],
  ],
  'several of an enum, separated by commas': ['listCalls status', 'exportCalls status', 'listConversations status'],
  "of OAuth, in Dialpad's redirect": ['completeDialpadAuthorization code', 'completeDialpadAuthorization state'],
  'types of parties and targets at Dialpad, and the problem type, which is made of the code': ['type'],
}

const partsOf = ({ anyOf = [], oneOf = [], allOf = [], items }: JsonSchema) => [
  ...anyOf,
  ...oneOf,
  ...allOf,
  ...(items ? [items] : []),
]
const isText = (schema: JsonSchema): boolean => [schema.type].flat().includes('string') || partsOf(schema).some(isText)
const isEnum = (schema: JsonSchema): boolean =>
  schema.enum !== undefined || schema.const !== undefined || partsOf(schema).some(isEnum)
const isOpen = (schema: JsonSchema): boolean =>
  schema.enum === undefined &&
  schema.const === undefined &&
  schema.format === undefined &&
  ([schema.type].flat().includes('string') || partsOf(schema).some(isOpen))

const properties = Object.entries(document.components.schemas).flatMap(([name, schema]) => propertiesOf(schema, name))
const parameters = operations.flatMap(({ id, operation }) =>
  (operation.parameters ?? []).map(({ name, schema }) => ({ path: `${id} ${name}`, name, property: schema })),
)
const texts = [...properties, ...parameters].filter(({ property }) => isText(property))

test('every text is an enum, has a format, or is open for a reason given here', () => {
  const open = new Set(Object.values(OPEN).flat())
  const enums = new Set(texts.filter(({ property }) => isEnum(property)).map(({ name }) => name))
  const asListed = ({ path, name }: { path: string; name: string }) => {
    if (!enums.has(name)) return name
    return open.has(`any ${name}`) ? `any ${name}` : path
  }
  const found = texts.filter(({ property }) => isOpen(property)).map(asListed)
  expect([...new Set(found)].filter((one) => !open.has(one))).toEqual([])
  expect([...open].filter((one) => !found.includes(one))).toEqual([])
})
