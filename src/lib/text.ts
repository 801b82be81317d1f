/** Whether both databases can store the text: Postgres cannot store NUL, and UTF-8 has no lone surrogates. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** The paths of all texts and member names in a JSON value that a database cannot store. Not recursive. */
export function unstorablePaths(value: unknown): string[] {
  const found: string[] = []
  const rest: [path: string, value: unknown][] = [['', value]]
  for (let next = rest.pop(); next; next = rest.pop()) {
    const [path, one] = next
    if (typeof one === 'string' && !isStorable(one)) found.push(path)
    if (typeof one !== 'object' || one === null) continue
    for (const [name, member] of Object.entries(one)) {
      if (!isStorable(name)) found.push(path)
      rest.push([path ? `${path}.${name}` : name, member])
    }
  }
  return found.reverse()
}
