import { emitDeclarations } from './declarations' with { type: 'macro' }

/** The kit's declarations, by path. Load this module lazily. */
const declarations: Record<string, string> = emitDeclarations()

/** What is served under `/sdk/types/`, by path: an entry for each served module beside the declarations. */
export const sdkTypes: Record<string, string> = {
  'cti.d.ts': "export * from './sdk/cti.js'\n",
  'react.d.ts': "export * from './sdk/served/react.js'\n",
  ...declarations,
}

/** A declaration with everything it needs. @param entry its path. */
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
