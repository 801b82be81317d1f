import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Glob } from 'bun'
import type { MutationRoom } from './rooms'

const ROOT = join(import.meta.dir, '../..')

export function filesOf({ files, except = [] }: MutationRoom): string[] {
  const isLeftOut = (path: string) => except.some((pattern) => new Glob(pattern).match(path))
  return [...new Set(files.flatMap(scan))].filter((path) => !isLeftOut(path)).sort()
}

/** What is asked of every route: limits of inputs, credentials, answers as documented, other apps. */
const EVERY_ROUTE = [
  'test/api/published-limits.test.ts',
  'test/api/every-route.test.ts',
  'test/isolation/routes.test.ts',
]

/** The test files for a source file: those that import it, then the room's others, and for routes what is asked of all. */
export function testsFor(file: string, room: MutationRoom): string[][] {
  const importers = testFiles().filter((path) => importsOf(path).has(file))
  const others = room.tests.flatMap(expand).filter((path) => !importers.includes(path))
  const ofRoutes = /routes\.ts$/.test(file) ? EVERY_ROUTE.filter((path) => !others.includes(path)) : []
  return [importers, [...new Set(others)], ofRoutes].filter((group) => group.length > 0)
}

const expand = (path: string): string[] =>
  path.includes('*') || path.includes('!') ? scan(path) : path.endsWith('.ts') ? [path] : scan(`${path}/**/*.test.ts`)

const scan = (pattern: string): string[] => [...new Glob(pattern).scanSync({ cwd: ROOT })].sort()

let known: string[] | undefined
const testFiles = (): string[] => (known ??= scan('test/**/*.test.ts'))

const imports = new Map<string, Set<string>>()
/** The source files that a test file imports itself. */
function importsOf(path: string): Set<string> {
  let found = imports.get(path)
  if (!found) {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const specifiers = [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, specifier]) => specifier!)
    found = new Set(
      specifiers.flatMap((specifier) => {
        const target = relative(ROOT, join(ROOT, dirname(path), specifier))
        return [`${target}.ts`, `${target}.tsx`, `${target}/index.ts`]
      }),
    )
    imports.set(path, found)
  }
  return found
}
