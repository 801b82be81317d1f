import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BROWSER, ORDER } from '../rooms/rules'

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g
const ROOMS: readonly string[] = [...ORDER.toReversed(), ...Object.keys(BROWSER)]

/**
 * The imports between the rooms of `src/` as a Mermaid chart. An arrow that other arrows already imply is left out.
 * @param root the project's folder.
 */
export function importMap(root: string): string {
  const imports = roomImports(root)
  const implied = (from: string, to: string) =>
    [...(imports.get(from) ?? [])].some((between) => between !== to && reaches(imports, between, to))
  const arrows = ROOMS.flatMap((from) =>
    ROOMS.filter((to) => imports.get(from)?.has(to) && !implied(from, to)).map((to) => `  ${from} --> ${to}`),
  )
  return ['flowchart TD', ...arrows].join('\n')
}

function roomImports(root: string): Map<string, Set<string>> {
  const imports = new Map<string, Set<string>>()
  for (const path of new Bun.Glob('src/**/*.{ts,tsx}').scanSync(root)) {
    const from = roomOf(path)
    for (const [, specifier] of readFileSync(join(root, path), 'utf8').matchAll(IMPORT)) {
      const to = roomOf(join(dirname(path), specifier!))
      if (to !== from && ROOMS.includes(to)) imports.set(from, (imports.get(from) ?? new Set()).add(to))
    }
  }
  return imports
}

const roomOf = (path: string): string => (path.split(/[\\/]/)[1] ?? '').replace(/\.ts$/, '')

function reaches(imports: Map<string, Set<string>>, from: string, to: string, seen = new Set<string>()): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  const next = imports.get(from) ?? new Set()
  return next.has(to) || [...next].some((room) => reaches(imports, room, to, seen))
}
