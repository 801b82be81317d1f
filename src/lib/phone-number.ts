import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/** Cache of parsed numbers: few numbers occur often, and parsing one takes longer than storing its call. */
const parsed = new Map<string, string | null>()
const MAX_PARSED = 20_000
const MAX_KEPT_CHARS = 40

/** Converts a phone number to E.164 (`(555) 123-4567` → `+15551234567`). Null if the text is not a possible number. */
export function parsePhoneNumber(text: string, region: CountryCode): string | null {
  const key = `${region} ${text}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  const number = parse(text, region)
  if (parsed.size >= MAX_PARSED) parsed.clear()
  if (text.length <= MAX_KEPT_CHARS) parsed.set(key, number)
  return number
}

function parse(text: string, region: CountryCode): string | null {
  const parsed = parsePhoneNumberFromString(text, region)
  return parsed?.isPossible() ? parsed.number : null
}

/** Words that Dialpad sends instead of a number. */
const WITHHELD = /^(anonymous|blocked|private|restricted|unavailable|unknown)$/i
const SHORT_CODE = /^[*#]?\d{2,8}#?$/
const SIP_ADDRESS = /^[^\s@]+@[^\s@]+$/

/** A party of a call: a number, a short code, a SIP address or a word such as `blocked`. Null for anything else. */
export function parseDialable(text: string, region: CountryCode): string | null {
  const number = parsePhoneNumber(text, region)
  if (number) return number
  return [WITHHELD, SHORT_CODE, SIP_ADDRESS].some((form) => form.test(text)) ? text : null
}

/** A number already in E.164. Only +1 numbers, because they have no trunk prefix to remove. */
const NORTH_AMERICAN = /^\+1[2-9]\d{9}$/

/** E.164 if possible, else the text itself (`blocked`, a short code, a SIP address), else null. */
export function normalizePhoneNumber(text: string | null, region: CountryCode): string | null {
  if (!text) return null
  return NORTH_AMERICAN.test(text) ? text : (parsePhoneNumber(text, region) ?? text)
}

export const isRegion = (text: string): text is CountryCode => isSupportedCountry(text)
export type Region = CountryCode
