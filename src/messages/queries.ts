import type { z } from 'zod'
import type { AppPrincipal } from '../auth/principal'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import { createFieldReader } from '../lib/field-reader'
import type { Region } from '../lib/phone-number'
import type { UserLookup } from '../users/lookup'
import { mediaOf } from './media'
import { type MessageFilter, toMessage } from './model'
import type { MessageCriteria, MessageRow, MessageStore } from './store'

export type MessageQueries = ReturnType<typeof createMessageQueries>

/** Queries of clients for messages. A principal limited to one CRM user sees only that user's messages. */
export function createMessageQueries(deps: {
  database: Database
  store: MessageStore
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  cursors: Cursors
  region: Region
}) {
  const { database, store, users, customers, cursors, region } = deps
  const q = database.queries

  async function present(appId: string, rows: MessageRow[]) {
    const userOf = await users.lookup.find(q, appId, rows)
    const found = await customers.lookup.find(
      q,
      appId,
      rows.map(({ externalNumber }) => ({ customerId: null, externalNumber, customData: null })),
    )
    return rows.map((row, i) => toMessage(row, userOf(row), found[i] ?? null))
  }

  async function criteriaOf(principal: AppPrincipal, filter: z.infer<typeof MessageFilter>): Promise<MessageCriteria> {
    const read = createFieldReader()
    const criteria: MessageCriteria = {
      direction: filter.direction,
      fromNumber: read.phoneNumber('from', filter.from, region),
      externalNumber: read.phoneNumber('with', filter.with, region),
      status: filter.status,
      dialpadUserIds: await users.lookup.narrow(principal, filter),
      sentAfter: read.instant('sent_after', filter.sent_after),
      sentBefore: read.instant('sent_before', filter.sent_before),
      newestPerNumber: filter.newest_per_number === 'true',
    }
    read.assertNone()
    return criteria
  }

  async function find(principal: AppPrincipal, id: string): Promise<MessageRow> {
    const row = await store.byId(q, principal.appId, id)
    if (row && (await users.lookup.maySee(principal, row.dialpadUserId))) return row
    throw new DomainError('message_not_found', 'No such message in this app.')
  }

  return {
    async list(principal: AppPrincipal, filter: z.infer<typeof MessageFilter>, page: PageRequest) {
      const { appId } = principal
      const criteria = await criteriaOf(principal, filter)
      const { rows, pagination } = await paginate(
        cursors,
        `messages:${appId}`,
        page,
        (limit, after, offset) => store.page(q, appId, criteria, limit, after, offset),
        (row) => ({ value: row.sentAt, id: row.id }),
        () => store.count(q, appId, criteria),
      )
      return { messages: await present(appId, rows), pagination }
    },

    /** Returns a message. @throws DomainError message_not_found. */
    async get(principal: AppPrincipal, id: string) {
      // biome-ignore lint/style/noNonNullAssertion: one row gives one record
      return (await present(principal.appId, [await find(principal, id)]))[0]!
    },

    /** Returns Dialpad's URL of a media file, or null if there is none. @throws DomainError message_not_found. */
    async mediaUrl(principal: AppPrincipal, id: string, index: string): Promise<string | null> {
      const media = mediaOf(await find(principal, id))
      return /^\d{1,3}$/.test(index) ? (media[Number(index)] ?? null) : null
    },
  }
}
