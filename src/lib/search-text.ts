const MAX_CHARS = 1000

/** Text as searches compare it: one spelling for what reads the same, without case. Databases fold case differently. */
const normalizeForSearch = (text: string): string => text.normalize('NFKC').toLowerCase().normalize('NFKC')

/** What a search looks in: each part on a line of its own, bounded. */
export const searchTextOf = (parts: (string | null | undefined)[]): string =>
  [...new Set(parts.filter((part) => part !== null && part !== undefined).map(normalizeForSearch))]
    .join('\n')
    .slice(0, MAX_CHARS)
    .toWellFormed()

/** The LIKE pattern (escape character `\`) for a part of a name, or of a number in any spelling. */
export function searchPattern(text: string): string {
  const wanted = normalizeForSearch(text.trim())
  const digits = wanted.replace(/[\s().+/-]/g, '')
  const part = /^\d{3,}$/.test(digits) ? digits : wanted
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`
}
