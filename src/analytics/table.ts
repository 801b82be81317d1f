import { type Figures, noFigures } from './figures'
import { CUSTOMER_KEY, NUMBER_KEY } from './group'
import type { Period } from './intervals'

export interface FiguresRow extends Period {
  /** The direction, the user's id, the target as `type:id` or the customer's id; empty if there is none. */
  key: string
  label: string | null
  figures: Figures
}

export type FiguresTable = ReturnType<typeof createFiguresTable>

/** Collects the rows of a response by period and group while their figures are added up. */
export function createFiguresTable(deps: {
  /** Uses one row per period. */
  isUngrouped: boolean
  customersOfNumbers(appId: string, numbers: string[]): Promise<Map<string, string>>
}) {
  const { isUngrouped, customersOfNumbers } = deps
  /** Rows by the keys of the response. */
  const rows = new Map<Period, Map<string, FiguresRow>>()
  /** Rows by the keys of the records. Several keys may belong to one group. */
  let rowsOfKeys = new Map<Period, Map<string, FiguresRow>>()
  let customers = new Map<string, string>()
  let preparedFor: string | null = null
  let size = 0

  function row(period: Period, key: string): FiguresRow {
    const ofPeriod = within(rows, period)
    const known = ofPeriod.get(key)
    if (known) return known
    const made = { ...period, key, label: null, figures: noFigures() }
    ofPeriod.set(key, made)
    size++
    return made
  }

  function keyOf(recordKey: string): string {
    if (isUngrouped) return ''
    if (recordKey.startsWith(CUSTOMER_KEY)) return recordKey.slice(CUSTOMER_KEY.length)
    return recordKey.startsWith(NUMBER_KEY) ? (customers.get(recordKey.slice(NUMBER_KEY.length)) ?? '') : recordKey
  }

  /** Looks up the customers of the numbers among new keys, unless they are known. */
  async function findCustomers(appId: string, fresh: [index: number, key: string][]): Promise<void> {
    const numbers = new Set<string>()
    for (const [, key] of fresh)
      if (key.startsWith(NUMBER_KEY) && !customers.has(key.slice(NUMBER_KEY.length)))
        numbers.add(key.slice(NUMBER_KEY.length))
    if (numbers.size === 0) return
    const owners = await customersOfNumbers(appId, [...numbers])
    for (const number of numbers) customers.set(number, owners.get(number) ?? '')
  }

  return {
    row,
    /** Returns the rows for an app's record keys. Looks up the customers of new numbers. */
    async rowsOf(appId: string, period: Period, recordKeys: string[]): Promise<FiguresRow[]> {
      if (appId !== preparedFor) {
        customers = new Map()
        rowsOfKeys = new Map()
        preparedFor = appId
      }
      const known = within(rowsOfKeys, period)
      const found: FiguresRow[] = []
      const fresh: [index: number, key: string][] = []
      // One pass, because a month of 20,000 customers has 200,000 keys.
      for (let index = 0; index < recordKeys.length; index++) {
        const key = recordKeys[index] ?? ''
        const row = known.get(key)
        if (row) found[index] = row
        else fresh.push([index, key])
      }
      if (fresh.length > 0) await findCustomers(appId, fresh)
      for (const [index, key] of fresh) {
        const made = known.get(key) ?? row(period, keyOf(key))
        known.set(key, made)
        found[index] = made
      }
      return found
    },
    size: () => size,
    /** Returns the rows sorted by period and key. */
    rows: (): FiguresRow[] =>
      [...rows.values()]
        .flatMap((ofPeriod) => [...ofPeriod.values()])
        .sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1)),
  }
}

function within<Value>(map: Map<Period, Map<string, Value>>, period: Period): Map<string, Value> {
  const known = map.get(period)
  if (known) return known
  const made = new Map<string, Value>()
  map.set(period, made)
  return made
}
