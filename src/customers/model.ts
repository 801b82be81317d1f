import { z } from 'zod'
import { responseSchema } from '../http/response-schema'
import { Id, Instant, PageQuery, Pagination } from '../http/schemas'
import { iso } from '../lib/clock'
import type { CustomerWithPhones } from './store'

const MAX_BATCH = 10_000

export const NewCustomer = z.strictObject({
  external_id: z.string().trim().min(1).max(200).describe("the customer's id in your software"),
  name: z.string().trim().min(1).max(300),
  phones: z.array(z.string().min(1).max(64)).max(50).optional().describe('in any format; stored as E.164'),
  email: z.string().max(320).nullable().optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .max(2000)
    .nullable()
    .optional()
    .describe("URL of the customer's record"),
  attributes: z.record(z.string().max(100), z.unknown()).optional().describe('additional data to show'),
})
export const NewCustomers = z.strictObject({ customers: z.array(NewCustomer).min(1).max(MAX_BATCH) })

export const Customer = responseSchema(() =>
  z.object({
    id: Id,
    external_id: z.string(),
    name: z.string(),
    phones: z.array(z.string()).describe('E.164'),
    email: z.string().nullable(),
    url: z.string().nullable(),
    attributes: z.record(z.string(), z.unknown()),
    created_at: Instant,
    updated_at: Instant,
  }),
)
export const CustomerAnswer = responseSchema(() => z.object({ success: z.literal(true), customer: Customer }))
export const CustomerList = responseSchema(() =>
  z.object({ success: z.literal(true), customers: z.array(Customer), pagination: Pagination }),
)
export const CustomersSaved = responseSchema(() =>
  z.object({
    success: z.literal(true),
    count: z.int().describe('number of rows in the batch'),
    created: z.int(),
    updated: z.int().describe('number of rows with an existing external_id'),
  }),
)

export const CustomerQuery = z
  .strictObject({
    q: z.string().max(200).optional().describe('part of a name, an id or a number, in any format'),
    external_id: z.string().max(200).optional(),
  })
  .extend(PageQuery.shape)
export const LookupQuery = z.strictObject({ phone: z.string().min(1).max(64).describe('phone number in any format') })

export const toCustomer = ({ customer, phones }: CustomerWithPhones): z.infer<typeof Customer> => ({
  id: customer.id,
  external_id: customer.externalId,
  name: customer.name,
  phones,
  email: customer.email,
  url: customer.url,
  attributes: customer.attributes,
  created_at: iso(customer.createdAt),
  updated_at: iso(customer.updatedAt),
})
