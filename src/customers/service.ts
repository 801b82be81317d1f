import type { z } from 'zod'
import type { AppService } from '../apps/service'
import type { Database, Queries } from '../db/database'
import type { Clock } from '../lib/clock'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError, type FieldError } from '../lib/errors'
import { newId } from '../lib/id'
import { parsePhoneNumber, type Region } from '../lib/phone-number'
import type { NewCustomer } from './model'
import type { CustomerRow, CustomerStore, CustomerWithPhones } from './store'

const MAX_ATTRIBUTES_CHARS = 16_384
const EXTERNAL = 'external:'

export type CustomerService = ReturnType<typeof createCustomerService>

/** The customer directory of an app. */
export function createCustomerService(deps: {
  database: Database
  store: CustomerStore
  /** Locks the app's row until commit, so that concurrent batches run one after the other. */
  apps: Pick<AppService, 'lockApp'>
  cursors: Cursors
  region: Region
  clock: Clock
}) {
  const { database, store, apps, cursors, region, clock } = deps
  const q = database.queries

  async function withPhones(rows: CustomerRow[]): Promise<CustomerWithPhones[]> {
    const phones = await store.phones(
      q,
      rows.map(({ id }) => id),
    )
    return rows.map((customer) => ({ customer, phones: phones.get(customer.id) ?? [] }))
  }

  async function withPhonesOf(customer: CustomerRow): Promise<CustomerWithPhones> {
    const phones = await store.phones(q, [customer.id])
    return { customer, phones: phones.get(customer.id) ?? [] }
  }

  /** @throws DomainError validation_failed with each invalid row and field. */
  function readRows(given: z.infer<typeof NewCustomer>[]) {
    const errors: FieldError[] = []
    const firstRow = new Map<string, number>()
    const rows = given.map((one, row) => {
      const wrong = (field: string, message: string) => void errors.push({ path: `customers.${row}.${field}`, message })
      const first = firstRow.get(one.external_id)
      if (first === undefined) firstRow.set(one.external_id, row)
      else wrong('external_id', `duplicate of row ${first}`)
      if (JSON.stringify(one.attributes ?? {}).length > MAX_ATTRIBUTES_CHARS)
        wrong('attributes', `must be at most ${MAX_ATTRIBUTES_CHARS} characters of JSON`)
      const phones = (one.phones ?? []).map((text, i) => {
        const phone = parsePhoneNumber(text, region)
        if (!phone) wrong(`phones.${i}`, 'Invalid phone number')
        return phone ?? text
      })
      return { ...one, phones: [...new Set(phones)] }
    })
    if (errors.length > 0)
      throw new DomainError('validation_failed', `${errors.length} invalid fields. See errors.`, {
        errors,
      })
    return rows
  }

  /** @param id id of the customer, or `external:<external_id>`. */
  async function find(handle: Queries, appId: string, id: string): Promise<CustomerRow> {
    const row = id.startsWith(EXTERNAL)
      ? (await store.byExternalIds(handle, appId, [id.slice(EXTERNAL.length)])).values().next().value
      : await store.byId(handle, appId, id)
    if (!row) throw new DomainError('customer_not_found', 'No such customer in this app.')
    return row
  }

  return {
    /** Creates or replaces customers in one transaction. */
    async save(appId: string, given: z.infer<typeof NewCustomer>[]) {
      const rows = readRows(given)
      return database.transaction(async (tx) => {
        await apps.lockApp(tx, appId)
        const before = await store.byExternalIds(
          tx,
          appId,
          rows.map(({ external_id }) => external_id),
        )
        const now = clock()
        const customers = rows.map(({ external_id, name, email, url, attributes }) => ({
          id: before.get(external_id)?.id ?? newId(),
          appId,
          externalId: external_id,
          name,
          email: email ?? null,
          url: url ?? null,
          attributes: attributes ?? {},
          createdAt: now,
          updatedAt: now,
        }))
        await store.save(tx, customers)
        const numbers = customers.flatMap(({ id }, i) =>
          (rows[i]?.phones ?? []).map((phone) => ({ customerId: id, appId, phone })),
        )
        await store.replacePhones(
          tx,
          [...before.values()].map(({ id }) => id),
          numbers,
        )
        return { count: rows.length, created: rows.length - before.size, updated: before.size }
      })
    },

    async list(appId: string, filter: { q?: string | undefined; external_id?: string | undefined }, page: PageRequest) {
      const text = filter.q?.trim()
      const digits = text?.replace(/[^\d]/g, '') ?? ''
      const criteria = {
        text: text || undefined,
        phone: text && digits.length >= 3 ? (parsePhoneNumber(text, region) ?? digits) : undefined,
        externalId: filter.external_id,
      }
      const { rows, pagination } = await paginate(
        cursors,
        `customers:${appId}`,
        page,
        (limit, after, offset) => store.page(q, appId, criteria, limit, after, offset),
        (row) => ({ value: row.name, id: row.id }),
        () => store.count(q, appId, criteria),
      )
      return { customers: await withPhones(rows), pagination }
    },

    /** Returns the customer of a number. @throws DomainError customer_not_found, or validation_failed if it is invalid. */
    async lookup(appId: string, text: string): Promise<CustomerWithPhones> {
      const phone = parsePhoneNumber(text, region)
      if (!phone)
        throw new DomainError('validation_failed', 'Invalid query: phone: Invalid phone number', {
          errors: [{ path: 'phone', message: 'Invalid phone number' }],
        })
      const row = (await store.byPhones(q, appId, [phone])).get(phone)
      if (!row) throw new DomainError('customer_not_found', `No customer of this app has the number ${text}.`)
      return withPhonesOf(row)
    },

    get: async (appId: string, id: string): Promise<CustomerWithPhones> => withPhonesOf(await find(q, appId, id)),

    /** @returns the deleted customer. */
    async remove(appId: string, id: string): Promise<CustomerWithPhones> {
      const customer = await this.get(appId, id)
      if (!(await store.remove(q, appId, customer.customer.id)))
        throw new DomainError('customer_not_found', 'No such customer in this app.')
      return customer
    },
  }
}
