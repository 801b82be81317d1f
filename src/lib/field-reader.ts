import { DomainError, type FieldError } from './errors'
import { parseInstant } from './instant'

/** Reads query fields that a schema alone cannot, and reports all that are wrong at once. */
export function createFieldReader(where: 'query' | 'body' = 'query') {
  const errors: FieldError[] = []
  return {
    instant(path: string, text: string | undefined): number | undefined {
      if (text === undefined) return undefined
      const at = parseInstant(text)
      if (at === null)
        errors.push({ path, message: 'must be ISO 8601, such as 2026-01-29T12:00:00Z, or epoch milliseconds' })
      return at ?? undefined
    },
    oneOf(path: string, text: string, allowed: readonly string[]): string {
      if (!allowed.includes(text)) errors.push({ path, message: `must be of ${allowed.join(', ')}` })
      return text
    },
    assertNone(): void {
      if (errors.length === 0) return
      const named = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
      throw new DomainError('validation_failed', `The ${where} is not valid: ${named}`, { errors })
    },
  }
}
