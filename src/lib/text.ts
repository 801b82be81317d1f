/** Whether both databases hold the text as it is: Postgres has no NUL, UTF-8 no lone surrogate. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** The path of each text, or name of a member, in a JSON value that no database holds. Deep values cost no stack. */
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
