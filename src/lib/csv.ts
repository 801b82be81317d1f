/**
 * Prefixes an apostrophe to text that a spreadsheet would run as a formula. Spreadsheets skip white space and invisible
 * characters before the sign, and some accept its full-width form. Phone numbers are left unchanged.
 */
function isFormula(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return false
  const first = text
    .replace(/^[\s\p{C}]+/u, '')
    .charAt(0)
    .normalize('NFKC')
  return /^[\t\r\n]/.test(text) || /^[=+\-@]$/.test(first)
}

/** Also quotes `;` and tabs, which separate cells in other locales. */
export function cell(value: unknown): string {
  const text = String(value ?? '')
  const safe = typeof value === 'string' && isFormula(text) ? `'${text}` : text
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A CSV file with a header row. */
export function csvOf<Row extends object>(columns: string[], rows: Row[]): string {
  const line = (values: unknown[]) => `${values.map(cell).join(',')}\r\n`
  return line(columns) + rows.map((row) => line(columns.map((name) => row[name as keyof Row]))).join('')
}
