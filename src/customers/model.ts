import { z } from 'zod'
import { Id, Instant, PageQuery, Pagination } from '../http/schemas'
import { iso } from '../lib/clock'
import type { ContactWithPhones } from './service'

export const MAX_BATCH = 10_000

export const NewContact = z.strictObject({
  external_id: z.string().trim().min(1).max(200).describe("the customer's id in the app's own software"),
  name: z.string().trim().min(1).max(300),
  phones: z.array(z.string().min(1).max(64)).max(50).optional().describe('in any spelling; stored as E.164'),
  email: z.string().max(320).nullable().optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .max(2000)
    .nullable()
    .optional()
    .describe("where the customer's record is"),
  attributes: z.record(z.string().max(100), z.unknown()).optional().describe('anything else worth showing'),
})
export const NewContacts = z.strictObject({ contacts: z.array(NewContact).min(1).max(MAX_BATCH) })

export const Contact = z.object({
  id: Id,
  external_id: z.string(),
  name: z.string(),
  phones: z.array(z.string()).describe('E.164'),
  email: z.string().nullable(),
  url: z.string().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  created_at: Instant,
  updated_at: Instant,
})
export const ContactAnswer = z.object({ success: z.literal(true), contact: Contact })
export const ContactList = z.object({ success: z.literal(true), contacts: z.array(Contact), pagination: Pagination })
export const ContactsSaved = z.object({
  success: z.literal(true),
  count: z.int().describe('rows of the batch'),
  created: z.int(),
  updated: z.int().describe('rows whose external_id was there before'),
})

export const ContactQuery = z
  .strictObject({
    q: z.string().max(200).optional().describe('part of a name, an id or a number, in any spelling'),
    external_id: z.string().max(200).optional(),
  })
  .extend(PageQuery.shape)
export const LookupQuery = z.strictObject({ phone: z.string().min(1).max(64).describe('in any spelling') })

export const toContact = ({ contact, phones }: ContactWithPhones): z.infer<typeof Contact> => ({
  id: contact.id,
  external_id: contact.externalId,
  name: contact.name,
  phones,
  email: contact.email,
  url: contact.url,
  attributes: contact.attributes,
  created_at: iso(contact.createdAt),
  updated_at: iso(contact.updatedAt),
})
