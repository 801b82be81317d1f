import type { ROLLUP_GROUPS } from '../db/tables'

export type Group = (typeof ROLLUP_GROUPS)[number]

/**
 * A record that names a customer has that customer's key. Otherwise it has the key of its phone number, because the
 * current directory decides whose number it is.
 */
export const CUSTOMER_KEY = 'c:'
export const NUMBER_KEY = 'n:'
