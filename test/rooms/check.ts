import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { BROWSER, ENVIRONMENT, FILES, ORDER, PACKAGES, SERVICE_NAMES } from './rules'

/** Prints every line of src/ that breaks a rule of rules.ts, and exits with 1 when there is one. */

export interface Source {
  /** Path from the project's root. */
  path: string
  text: string
}

export interface Violation {
  path: string
  line: number
  text: string
  why: string
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g

/** Every line that breaks a rule. @param sources all files of src/. */
export function findViolations(sources: Source[]): Violation[] {
  const paths = new Set(sources.map(({ path }) => path))
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const specifiers = [...line.matchAll(IMPORT)].map(([, specifier]) => specifier ?? '')
      const reasons = specifiers.flatMap((specifier) => reasonsAgainst(path, specifier, paths))
      if (/\bprocess\.env\b/.test(line) && !ENVIRONMENT.test(path)) reasons.push('Only config/ reads the environment.')
      if (SERVICE_NAMES.files.test(path) && isRenamed(line)) reasons.push(SERVICE_NAMES.why)
      return reasons.map((why) => ({ path, line: index + 1, text: line.trim(), why }))
    }),
  )
}

function reasonsAgainst(path: string, specifier: string, paths: Set<string>): string[] {
  if (!specifier.startsWith('.'))
    return PACKAGES.filter(
      ({ packages, allowed }) =>
        packages.some((name) => specifier === name || specifier.startsWith(`${name}/`)) && !allowed.test(path),
    ).map(({ why }) => why)
  const base = join(dirname(path), specifier)
  const target = [base, `${base}.ts`, `${base}.tsx`].find((candidate) => paths.has(candidate))
  if (!target) return []
  return [
    ...roomReasons(roomOf(path), roomOf(target)),
    ...FILES.filter(({ from, to }) => from.test(path) && to.test(target)).map(({ why }) => why),
  ]
}

function roomReasons(from: string, to: string): string[] {
  const browser = BROWSER[from]
  if (browser)
    return browser.includes(to) ? [] : [`${from}/ runs in browsers and imports ${browser.join('/, ')}/ alone.`]
  const [a, b] = [ORDER.indexOf(from as never), ORDER.indexOf(to as never)]
  if (a < 0) return [`${from}/ is no room; add it to ORDER in test/rooms/rules.ts.`]
  if (to in BROWSER) return from === 'web' ? [] : [`${to}/ runs in browsers; only web/ serves it.`]
  return b > a ? [`${from}/ stands below ${to}/ and must not import it.`] : []
}

/** Whether the line gives a room's service another name. */
const isRenamed = (line: string): boolean =>
  [...line.matchAll(SERVICE_NAMES.pattern)].some(
    ([, name, room, service = '']) =>
      ORDER.includes(room as never) && name !== service && !SERVICE_NAMES.exempt.includes(service),
  )

const roomOf = (path: string): string => (path.split('/')[1] ?? '').replace(/\.ts$/, '')

/** Every TypeScript file below a folder of the project. */
export function readSources(root: string): Source[] {
  return [...new Bun.Glob('src/**/*.{ts,tsx}').scanSync(root)]
    .filter((path) => !path.endsWith('.generated.ts'))
    .sort()
    .map((path) => ({ path: relative('.', path), text: readFileSync(join(root, path), 'utf8') }))
}

if (import.meta.main) {
  const violations = findViolations(readSources(join(import.meta.dir, '../..')))
  for (const { path, line, text, why } of violations) console.error(`${path}:${line}: ${why}\n    ${text}`)
  console.log(violations.length === 0 ? 'Import rules hold.' : `${violations.length} import rules broken.`)
  process.exitCode = violations.length === 0 ? 0 : 1
}
