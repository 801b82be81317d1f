import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Region } from './region'

/** E.164 of a number as people write it (`(555) 123-4567` → `+15551234567`), or null. Text around a number makes it none. */
export function dialableNumber(text: string, region: Region = 'US'): string | null {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: region, extract: false })
  return parsed?.isPossible() ? parsed.number : null
}

/** The number as its country writes it, for people; text that is no number is answered as it is. */
export function readableNumber(text: string, region: Region = 'US'): string {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: region, extract: false })
  if (!parsed?.isPossible()) return text
  return parsed.country === region || parsed.countryCallingCode === '1'
    ? parsed.formatNational()
    : parsed.formatInternational()
}
