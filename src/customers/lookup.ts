import type { Queries } from '../db/database'
import { customerName } from '../payload/call'
import type { CustomerStore } from './store'

/** The customer of a call: from the directory, or else from the call's custom data. */
export interface CallCustomer {
  id: string
  name: string | null
  url: string | null
}

export interface CustomerClue {
  customerId: string | null
  externalNumber: string | null
  customData: unknown
}

export type CustomerLookup = ReturnType<typeof createCustomerLookup>

export function createCustomerLookup({ store }: { store: CustomerStore }) {
  return {
    /** Finds the customers of many calls at once. A customer id takes precedence over the number. */
    async find(q: Queries, appId: string, clues: CustomerClue[]): Promise<(CallCustomer | null)[]> {
      const ids = new Set(clues.map(({ customerId }) => customerId).filter((id) => id !== null))
      const phones = new Set(clues.filter(({ customerId }) => !customerId).map(({ externalNumber }) => externalNumber))
      const [byId, byPhone] = await Promise.all([
        store.byExternalIds(q, appId, [...ids]),
        store.byPhones(
          q,
          appId,
          [...phones].filter((phone) => phone !== null),
        ),
      ])
      return clues.map(({ customerId, externalNumber, customData }) => {
        const found = customerId ? byId.get(customerId) : externalNumber ? byPhone.get(externalNumber) : undefined
        if (found) return { id: found.externalId, name: found.name, url: found.url }
        return customerId ? { id: customerId, name: customerName(customData), url: null } : null
      })
    },
    phonesOf: (q: Queries, appId: string, customerId: string) => store.phonesOf(q, appId, customerId),
  }
}
