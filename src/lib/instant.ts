/** Reads an instant a client wrote: ISO 8601 (a date alone is midnight UTC) or epoch milliseconds; null for anything else. */
export function parseInstant(text: string): number | null {
  const ms = /^\d{10,15}$/.test(text) ? Number(text) : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}
