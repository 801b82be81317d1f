import type { z } from 'zod'
import type { AppPrincipal } from '../auth/principal'
import type { CustomerLookup } from '../customers/lookup'
import type { Database } from '../db/database'
import { CALL_STATUSES, type CallStatus } from '../lib/call-status'
import { createFieldReader } from '../lib/field-reader'
import type { Region } from '../lib/phone-number'
import { searchPattern } from '../lib/search-text'
import type { UserLookup } from '../users/lookup'
import type { CallFilter } from './model'
import type { CallCriteria } from './store-criteria'

/** Parses the filters of calls and conversations. Limits a principal with a CRM user to that user's records. */
export function createCriteriaReader(deps: {
  database: Database
  users: { lookup: UserLookup }
  customers: { lookup: CustomerLookup }
  region: Region
}) {
  const { database, users, customers, region } = deps

  return async function criteriaOf(principal: AppPrincipal, filter: z.infer<typeof CallFilter>): Promise<CallCriteria> {
    const read = createFieldReader()
    const statuses = filter.status?.split(',').map((status) => read.oneOf('status', status.trim(), CALL_STATUSES))
    const criteria: CallCriteria = {
      statuses: statuses as CallStatus[] | undefined,
      direction: filter.direction,
      externalNumber: read.phoneNumber('number', filter.number, region),
      fromNumber: read.phoneNumber('from', filter.from, region),
      toNumber: read.phoneNumber('to', filter.to, region),
      dialpadUserIds: await users.lookup.narrow(principal, filter),
      jobId: filter.job_id,
      conversationId: filter.conversation_id,
      startedAfter: read.instant('started_after', filter.started_after),
      startedBefore: read.instant('started_before', filter.started_before),
      updatedAfter: read.instant('updated_after', filter.updated_after),
      text: filter.q === undefined ? undefined : searchPattern(filter.q),
    }
    read.assertNone()
    if (filter.customer_id !== undefined)
      criteria.customer = {
        id: filter.customer_id,
        phones: await customers.lookup.phonesOf(database.queries, principal.appId, filter.customer_id),
      }
    return criteria
  }
}
