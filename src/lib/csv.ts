/**
 * A text that a spreadsheet would run as a formula is led by an apostrophe. Spreadsheets skip white space and invisible
 * characters before the sign, and some take its full-width form. A telephone number is no formula.
 */
function isFormula(text: string): boolean {
  if (/^[+-]?\d+$/.test(text)) return false
  const first = text
    .replace(/^[\s\p{C}]+/u, '')
    .charAt(0)
    .normalize('NFKC')
  return /^[\t\r\n]/.test(text) || /^[=+\-@]$/.test(first)
}

/** Quoted also for the separators of other locales: `;` and the tab start a new cell there. */
export function cell(value: unknown): string {
  const text = String(value ?? '')
  const safe = typeof value === 'string' && isFormula(text) ? `'${text}` : text
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A file with a heading. */
export function csvOf<Row extends object>(columns: string[], rows: Row[]): string {
  const line = (values: unknown[]) => `${values.map(cell).join(',')}\r\n`
  return line(columns) + rows.map((row) => line(columns.map((name) => row[name as keyof Row]))).join('')
}
