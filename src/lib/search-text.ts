const MAX_CHARS = 1000

/** Normalizes text for search: Unicode form and case. The two databases fold case differently, so code does it. */
const normalizeForSearch = (text: string): string => text.normalize('NFKC').toLowerCase().normalize('NFKC')

/** The searchable text of a row: each part on its own line, with a maximum length. */
export const searchTextOf = (parts: (string | null | undefined)[]): string =>
  [...new Set(parts.filter((part) => part !== null && part !== undefined).map(normalizeForSearch))]
    .join('\n')
    .slice(0, MAX_CHARS)
    .toWellFormed()

/** The part of a searchable text that a search looks for: a part of a name, or of a number in any format. */
function searchPart(text: string): string {
  const wanted = normalizeForSearch(text.trim())
  const digits = wanted.replace(/[\s().+/-]/g, '')
  return /^\d{3,}$/.test(digits) ? digits : wanted
}

/** LIKE pattern (escape character `\`) of a search. */
export const searchPattern = (text: string): string => `%${searchPart(text).replace(/[\\%_]/g, '\\$&')}%`

/** Whether the searchable text of a row contains what a search looks for. */
export const matchesSearch = (text: string, searchText: string): boolean => searchText.includes(searchPart(text))
