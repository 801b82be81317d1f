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

/** E.164 where it can be had, else the text itself (`blocked`, a short code, a SIP address), else null. */
export function normalizePhoneNumber(text: string | null, region: CountryCode): string | null {
  if (!text) return null
  return parsePhoneNumber(text, region) ?? text
}

export const isRegion = (text: string): text is CountryCode => isSupportedCountry(text)
export type Region = CountryCode
