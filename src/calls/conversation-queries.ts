import type { z } from 'zod'
import type { AppPrincipal } from '../auth/principal'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import { type Cursors, MAX_TOTAL, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import type { UserLookup } from '../users/lookup'
import { type ConversationRow, conversationOf } from './conversation'
import { type ConversationFilter, toConversation, toConversationSummary } from './conversation-model'
import type { createCriteriaReader } from './criteria'
import type { CallQueries } from './queries'
import type { SearchedList, TextSearch } from './search'
import type { CallStore } from './store'
import { type CallOrder, type ConversationCriteria, orderOf, positionOf } from './store-criteria'

export type ConversationQueries = ReturnType<typeof createConversationQueries>

/** Queries of clients for conversations. A principal limited to one CRM user sees only what that user's legs contain. */
export function createConversationQueries(deps: {
  database: Database
  store: CallStore
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  cursors: Cursors
  criteriaOf: ReturnType<typeof createCriteriaReader>
  queries: CallQueries
  search: TextSearch
}) {
  const { database, store, users, customers, cursors, criteriaOf, queries, search } = deps
  const q = database.queries

  async function present(appId: string, rows: ConversationRow[]) {
    const userOf = await users.lookup.find(q, appId, rows)
    const found = await customers.lookup.find(
      q,
      appId,
      rows.map(({ customerId, externalNumber }) => ({ customerId, externalNumber, customData: null })),
    )
    return rows.map((row, i) => toConversationSummary(row, userOf(row), found[i] ?? null))
  }

  /** The rows computed from one user's legs only. */
  async function asSeenBy(principal: AppPrincipal, rows: ConversationRow[]): Promise<ConversationRow[]> {
    const own = await users.lookup.narrow(principal, {})
    if (own === undefined) return rows
    const ids = rows.map(({ id }) => id)
    const legs = (await store.legs(q, principal.appId, ids)).filter(
      ({ dialpadUserId }) => dialpadUserId !== null && own.includes(dialpadUserId),
    )
    const byId = Map.groupBy(legs, ({ conversationId }) => conversationId)
    // biome-ignore lint/style/noNonNullAssertion: the page holds conversations with a leg of the principal only
    return rows.map((row) => conversationOf(byId.get(row.id)!, row.updatedAt))
  }

  const searched = (
    appId: string,
    criteria: ConversationCriteria,
    order: CallOrder,
  ): SearchedList<ConversationRow> => ({
    skip: (after, rows) => store.skipConversations(q, appId, { ...criteria, text: undefined }, order, after, rows),
    match: ({ after, end }, limit) => store.conversationPage(q, appId, criteria, order, limit, after, 0, end),
    countMatches: (section) => store.countConversationSection(q, appId, criteria, order, section),
  })

  return {
    present,

    async list(principal: AppPrincipal, filter: z.infer<typeof ConversationFilter>, page: PageRequest) {
      const { appId } = principal
      const { outcome, ...rest } = filter
      const criteria = { ...(await criteriaOf(principal, rest)), outcomes: outcome && [outcome] }
      const sort = filter.sort ?? '-started_at'
      const order = orderOf(sort)
      const list = criteria.text === undefined ? null : searched(appId, criteria, order)
      const { rows, pagination } = await paginate(
        cursors,
        `conversations:${appId}:${sort}`,
        page,
        async (limit, after, offset) => {
          if (!list) return store.conversationPage(q, appId, criteria, order, limit, after, offset)
          const { rows, stoppedAt } = await search.find(list, limit + offset, after)
          return { rows: rows.slice(offset), stoppedAt }
        },
        (row) => positionOf(row, order),
        () => (list ? search.count(list, MAX_TOTAL) : store.countConversations(q, appId, criteria)),
      )
      return { conversations: await present(appId, await asSeenBy(principal, rows)), pagination }
    },

    /** Returns a conversation with the legs the principal may see. @throws DomainError conversation_not_found. */
    async get(principal: AppPrincipal, id: string) {
      const legs = await queries.legsOf(principal, id)
      if (legs.rows.length === 0) throw new DomainError('conversation_not_found', 'No such conversation in this app.')
      const row = conversationOf(legs.rows, Math.max(...legs.rows.map(({ updatedAt }) => updatedAt)))
      // biome-ignore lint/style/noNonNullAssertion: one row gives one summary
      const summary = (await present(principal.appId, [row]))[0]!
      const customer = legs.calls.find((call) => call.customer !== null)?.customer ?? summary.customer
      return toConversation({ ...summary, customer }, legs.calls, legs.timeline)
    },
  }
}
