import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js'

/** A phone number in E.164 (`(555) 123-4567` → `+15551234567`), or null when the text is no possible number. */
export function parsePhoneNumber(text: string, region: CountryCode): string | null {
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
