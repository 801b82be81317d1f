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
      const found = recordKeys.map((key) => known.get(key))
      if (found.every((row) => row !== undefined)) return found
      const fresh = recordKeys.filter((_, index) => !found[index])
      const numbers = fresh
        .filter((key) => key.startsWith(NUMBER_KEY))
        .map((key) => key.slice(NUMBER_KEY.length))
        .filter((number) => !customers.has(number))
      const owners = numbers.length > 0 ? await customersOfNumbers(appId, [...new Set(numbers)]) : null
      for (const number of numbers) customers.set(number, owners?.get(number) ?? '')
      for (const key of fresh) known.set(key, row(period, keyOf(key)))
      return recordKeys.map((key, index) => found[index] ?? known.get(key) ?? row(period, keyOf(key)))
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
