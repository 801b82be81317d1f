import type { z } from 'zod'
import type { AppPrincipal } from '../auth/principal'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import { type Cursors, MAX_TOTAL, type PageRequest, type PartialPage, type Position, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import type { UserLookup } from '../users/lookup'
import type { createCriteriaReader } from './criteria'
import { type CallFilter, toCall, toTimeline } from './model'
import type { SearchedList, TextSearch } from './search'
import type { CallRow, CallStore } from './store'
import { type CallCriteria, type CallOrder, orderOf, positionOf } from './store-criteria'
import type { ListedCall, SingleCall } from './store-pages'

export type CallQueries = ReturnType<typeof createCallQueries>

/** Queries of clients for calls. A principal limited to one CRM user sees only that user's calls. */
export function createCallQueries(deps: {
  database: Database
  store: CallStore
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  cursors: Cursors
  criteriaOf: ReturnType<typeof createCriteriaReader>
  search: TextSearch
}) {
  const { database, store, users, customers, cursors, criteriaOf, search } = deps
  const q = database.queries

  /** Converts rows to the API model. Looks up the users and customers of all rows at once. */
  async function present(appId: string, rows: ListedCall[]) {
    const userOf = await users.lookup.find(q, appId, rows)
    const found = await customers.lookup.find(q, appId, rows)
    return rows.map((row, i) => toCall(row, userOf(row), found[i] ?? null))
  }

  async function visible(principal: AppPrincipal, row: SingleCall | null): Promise<SingleCall> {
    if (!row || !(await users.lookup.maySee(principal, row.dialpadUserId)))
      throw new DomainError('call_not_found', 'No such call in this app.')
    return row
  }

  const searched = (appId: string, criteria: CallCriteria, order: CallOrder): SearchedList<ListedCall> => ({
    skip: (after, rows) => store.skip(q, appId, { ...criteria, text: undefined }, order, after, rows),
    match: ({ after, end }, limit) => store.page(q, appId, criteria, order, limit, after, 0, end),
    countMatches: (section) => store.countSection(q, appId, criteria, order, section),
  })
  /** The next calls of a list. */
  async function pageOf(
    appId: string,
    criteria: CallCriteria,
    order: CallOrder,
    limit: number,
    after: Position | null,
    offset: number,
  ): Promise<PartialPage<ListedCall>> {
    if (criteria.text === undefined)
      return { rows: await store.page(q, appId, criteria, order, limit, after, offset), stoppedAt: null }
    const { rows, stoppedAt } = await search.find(searched(appId, criteria, order), limit + offset, after)
    return { rows: rows.slice(offset), stoppedAt }
  }

  return {
    async list(principal: AppPrincipal, filter: z.infer<typeof CallFilter>, page: PageRequest) {
      const { appId } = principal
      const criteria = await criteriaOf(principal, filter)
      const sort = filter.sort ?? '-started_at'
      const order = orderOf(sort)
      const { rows, pagination } = await paginate(
        cursors,
        `calls:${appId}:${sort}`,
        page,
        (limit, after, offset) => pageOf(appId, criteria, order, limit, after, offset),
        (row) => positionOf(row, order),
        () =>
          criteria.text === undefined
            ? store.count(q, appId, criteria)
            : search.count(searched(appId, criteria, order), MAX_TOTAL),
      )
      return { calls: await present(appId, rows), pagination }
    },

    async active(principal: AppPrincipal) {
      const dialpadUserIds = await users.lookup.narrow(principal, {})
      return present(principal.appId, await store.active(q, principal.appId, dialpadUserIds, MAX_ACTIVE))
    },

    /** Returns a call. @param id our id, or `dialpad:<call id>`. @throws DomainError call_not_found. */
    async find(principal: AppPrincipal, id: string): Promise<SingleCall> {
      const { appId } = principal
      if (!id.startsWith('dialpad:')) return visible(principal, await store.byId(q, appId, id))
      const dialpadId = Number(id.slice('dialpad:'.length))
      return visible(principal, Number.isSafeInteger(dialpadId) ? await store.byId(q, appId, dialpadId) : null)
    },

    /** Returns the call, then all other legs of its conversation. @throws DomainError call_not_found. */
    async legs(principal: AppPrincipal, id: string): Promise<CallRow[]> {
      const call = await this.find(principal, id)
      const legs = await store.ofConversation(q, principal.appId, call.conversationId, undefined, MAX_LEGS)
      return legs.toSorted((a, b) => Number(b.id === call.id) - Number(a.id === call.id))
    },

    async get(principal: AppPrincipal, id: string) {
      const row = await this.find(principal, id)
      // biome-ignore lint/style/noNonNullAssertion: one row gives one call
      const call = (await present(principal.appId, [row]))[0]!
      return { ...call, timeline: toTimeline(row.states) }
    },

    /** Returns the legs of a conversation that the principal may see, oldest first, and their states. */
    async legsOf(principal: AppPrincipal, conversationId: string) {
      const { appId } = principal
      const rows = await store.ofConversation(
        q,
        appId,
        conversationId,
        await users.lookup.narrow(principal, {}),
        MAX_LEGS,
      )
      const timeline = await store.states(
        q,
        rows.map((row) => row.id),
      )
      return { rows, calls: await present(appId, rows), timeline }
    },

    /**
     * Yields all calls that match the filter, page by page, to limit memory use.
     * @throws DomainError validation_failed for an invalid filter, before the first page.
     */
    async export(principal: AppPrincipal, filter: z.infer<typeof CallFilter>) {
      const { appId } = principal
      const criteria = await criteriaOf(principal, filter)
      const order = orderOf(filter.sort ?? '-started_at')
      return (async function* pages() {
        for (let after: Position | null = null; ; ) {
          const page: PartialPage<ListedCall> = await pageOf(appId, criteria, order, EXPORT_PAGE, after, 0)
          const { rows, stoppedAt } = page
          if (rows.length > 0) yield await present(appId, rows)
          const last = rows.at(EXPORT_PAGE - 1)
          after = last ? positionOf(last, order) : stoppedAt
          if (!after) return
          // Let other requests run first, so that an export does not delay webhooks.
          await new Promise((resume) => setImmediate(resume))
        }
      })()
    },

    present,
  }
}

const MAX_ACTIVE = 1000
const MAX_LEGS = 500
/** Rows per page of an export: a few milliseconds of work. */
const EXPORT_PAGE = 200
