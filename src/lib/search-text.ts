const MAX_CHARS = 1000

/** Normalizes text for search: Unicode form and case. The two databases fold case differently, so code does it. */
const normalizeForSearch = (text: string): string => text.normalize('NFKC').toLowerCase().normalize('NFKC')

/** The searchable text of a row: each part on its own line, with a maximum length. */
export const searchTextOf = (parts: (string | null | undefined)[]): string =>
  [...new Set(parts.filter((part) => part !== null && part !== undefined).map(normalizeForSearch))]
    .join('\n')
    .slice(0, MAX_CHARS)
    .toWellFormed()

/** LIKE pattern (escape character `\`) for a part of a name, or of a number in any format. */
export function searchPattern(text: string): string {
  const wanted = normalizeForSearch(text.trim())
  const digits = wanted.replace(/[\s().+/-]/g, '')
  const part = /^\d{3,}$/.test(digits) ? digits : wanted
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`
}
