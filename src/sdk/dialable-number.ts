import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Region } from './region'

/** Parses a number in any format into E.164 (`(555) 123-4567` → `+15551234567`). Null for anything else, such as text with a number in it. */
export function dialableNumber(text: string, region: Region = 'US'): string | null {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: region, extract: false })
  return parsed?.isPossible() ? parsed.number : null
}

/** Formats a number for display, as is usual in its country. Returns other text unchanged. */
export function readableNumber(text: string, region: Region = 'US'): string {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: region, extract: false })
  if (!parsed?.isPossible()) return text
  return parsed.country === region || parsed.countryCallingCode === '1'
    ? parsed.formatNational()
    : parsed.formatInternational()
}
