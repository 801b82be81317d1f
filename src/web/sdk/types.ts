import { emitDeclarations } from './declarations' with { type: 'macro' }

/** The kit's declarations, by path. Load this module lazily. */
const declarations: Record<string, string> = emitDeclarations()

/** Files served under `/sdk/types/`, by path: the declarations, and an entry for each served module. */
export const sdkTypes: Record<string, string> = {
  'cti.d.ts': "export * from './sdk/cti.js'\n",
  'react.d.ts': "export * from './sdk/served/react.js'\n",
  ...declarations,
}

/** Returns a declaration with all declarations it imports. @param entry its path. */
export function declarationsFrom(entry: string): Record<string, string> {
  const found: Record<string, string> = {}
  const visit = (path: string) => {
    const text = declarations[path]
    if (text === undefined || path in found) return
    found[path] = text
    for (const [, name] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
      visit(new URL(`${name}.d.ts`, `file:///${path}`).pathname.slice(1))
  }
  visit(entry)
  return found
}
