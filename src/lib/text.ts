import { MAX_DEPTH } from './json'

/** Whether both databases can store the text: Postgres cannot store NUL, and UTF-8 has no lone surrogates. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const TEXT = 'must not contain NUL or lone surrogates'
const DEPTH = `must not be nested deeper than ${MAX_DEPTH}`

/**
 * All places in a JSON value that a database cannot store: texts and names of members with NUL or lone surrogates, and
 * nesting so deep that writing it out as JSON would exhaust the stack. Not recursive.
 */
export function findUnstorable(value: unknown): { path: string; message: string }[] {
  const found: { path: string; message: string }[] = []
  const rest: [path: string, value: unknown, depth: number][] = [['', value, 0]]
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [path, one, depth] = next
    if (typeof one === 'string' && !isStorable(one)) found.push({ path, message: TEXT })
    if (typeof one !== 'object' || one === null) continue
    if (depth >= MAX_DEPTH) {
      found.push({ path, message: DEPTH })
      continue
    }
    for (const [name, member] of Object.entries(one)) {
      if (!isStorable(name)) found.push({ path, message: TEXT })
      rest.push([path ? `${path}.${name}` : name, member, depth + 1])
    }
  }
  return found.reverse()
}
