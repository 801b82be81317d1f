import type { z } from 'zod'
import type { AppPrincipal } from '../auth/principal'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import { type Cursors, type PageRequest, paginate } from '../lib/cursor'
import { DomainError } from '../lib/errors'
import { createFieldReader } from '../lib/field-reader'
import type { Region } from '../lib/phone-number'
import type { UserLookup } from '../users/lookup'
import { toVoicemail, type VoicemailFilter } from './model'
import type { JoinedVoicemail, VoicemailCriteria, VoicemailStore } from './store'

export type VoicemailQueries = ReturnType<typeof createVoicemailQueries>

/** Queries of clients for voicemails. A principal limited to one CRM user sees only that user's voicemails. */
export function createVoicemailQueries(deps: {
  database: Database
  store: VoicemailStore
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  cursors: Cursors
  region: Region
}) {
  const { database, store, users, customers, cursors, region } = deps
  const q = database.queries

  async function present(appId: string, rows: JoinedVoicemail[]) {
    const userOf = await users.lookup.find(
      q,
      appId,
      rows.map(({ voicemail }) => voicemail),
    )
    const found = await customers.lookup.find(
      q,
      appId,
      rows.map(({ voicemail, call }) => ({
        customerId: call?.customerId ?? null,
        externalNumber: voicemail.fromNumber,
        customData: call?.customData,
      })),
    )
    return rows.map((row, i) => toVoicemail(row, userOf(row.voicemail), found[i] ?? null))
  }

  return {
    async list(principal: AppPrincipal, filter: z.infer<typeof VoicemailFilter>, page: PageRequest) {
      const { appId } = principal
      const read = createFieldReader()
      const criteria: VoicemailCriteria = {
        fromNumber: read.phoneNumber('from', filter.from, region),
        dialpadUserIds: await users.lookup.narrow(principal, filter),
        dialpadCallId: filter.dialpad_call_id,
        createdAfter: read.instant('created_after', filter.created_after),
        createdBefore: read.instant('created_before', filter.created_before),
      }
      read.assertNone()
      const { rows, pagination } = await paginate(
        cursors,
        `voicemails:${appId}`,
        page,
        (limit, after, offset) => store.page(q, appId, criteria, limit, after, offset),
        ({ voicemail }) => ({ value: voicemail.createdAt, id: voicemail.id }),
        () => store.count(q, appId, criteria),
      )
      return { voicemails: await present(appId, rows), pagination }
    },

    /** Returns a voicemail. @throws DomainError voicemail_not_found. */
    async find(principal: AppPrincipal, id: string): Promise<JoinedVoicemail> {
      const row = await store.byId(q, principal.appId, id)
      if (!row || !(await users.lookup.maySee(principal, row.voicemail.dialpadUserId))) throw notFound()
      return row
    },

    async get(principal: AppPrincipal, id: string) {
      // biome-ignore lint/style/noNonNullAssertion: one row gives one record
      return (await present(principal.appId, [await this.find(principal, id)]))[0]!
    },

    /** Deletes a voicemail. @returns the deleted voicemail. @throws DomainError voicemail_not_found. */
    async remove(principal: AppPrincipal, id: string) {
      const voicemail = await this.get(principal, id)
      if (!(await store.remove(q, principal.appId, id))) throw notFound()
      return voicemail
    },
  }
}

const notFound = () => new DomainError('voicemail_not_found', 'No such voicemail in this app.')
