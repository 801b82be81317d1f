import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/** Numbers already parsed: the same few come again and again, and parsing one costs more than storing its call. */
const parsed = new Map<string, string | null>()
const MAX_PARSED = 20_000
const MAX_KEPT_CHARS = 40

/** A phone number in E.164 (`(555) 123-4567` → `+15551234567`), or null when the text is not a possible number. */
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

/** What Dialpad says where there is no number to say. */
const WITHHELD = /^(anonymous|blocked|private|restricted|unavailable|unknown)$/i
const SHORT_CODE = /^[*#]?\d{2,8}#?$/
const SIP_ADDRESS = /^[^\s@]+@[^\s@]+$/

/** What a call can be from or to: a number, a short code, a SIP address or a word such as `blocked`; null for anything else. */
export function parseDialable(text: string, region: CountryCode): string | null {
  const number = parsePhoneNumber(text, region)
  if (number) return number
  return [WITHHELD, SHORT_CODE, SIP_ADDRESS].some((form) => form.test(text)) ? text : null
}

/** A number in E.164 that no parsing would change: where the country is +1 there is no trunk prefix to drop. */
const NORTH_AMERICAN = /^\+1[2-9]\d{9}$/

/** E.164 where it can be had, else the text itself (`blocked`, a short code, a SIP address), else null. */
export function normalizePhoneNumber(text: string | null, region: CountryCode): string | null {
  if (!text) return null
  return NORTH_AMERICAN.test(text) ? text : (parsePhoneNumber(text, region) ?? text)
}

export const isRegion = (text: string): text is CountryCode => isSupportedCountry(text)
export type Region = CountryCode
