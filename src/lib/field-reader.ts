import { DomainError, type FieldError } from './errors'
import { parseInstant } from './instant'
import { parseDialable, type Region } from './phone-number'

/** Parses query fields that a schema cannot validate, and reports all invalid fields at once. */
export function createFieldReader(where: 'query' | 'body' = 'query') {
  const errors: FieldError[] = []
  return {
    instant(path: string, text: string | undefined): number | undefined {
      if (text === undefined) return undefined
      const parsed = parseInstant(text)
      if ('at' in parsed) return parsed.at
      errors.push({ path, message: parsed.problem })
      return undefined
    },
    /** @returns the number in the stored format. */
    phoneNumber(path: string, text: string | undefined, region: Region): string | undefined {
      if (text === undefined) return undefined
      const number = parseDialable(text, region)
      if (number === null) errors.push({ path, message: 'Invalid phone number' })
      return number ?? undefined
    },
    oneOf(path: string, text: string, allowed: readonly string[]): string {
      if (!allowed.includes(text)) errors.push({ path, message: `must be one of ${allowed.join(', ')}` })
      return text
    },
    fail(path: string, message: string): void {
      errors.push({ path, message })
    },
    assertNone(): void {
      if (errors.length === 0) return
      const named = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
      throw new DomainError('validation_failed', `Invalid ${where}: ${named}`, { errors })
    },
  }
}
