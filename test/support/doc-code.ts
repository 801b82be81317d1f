import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')

export interface CodeBlock {
  language: string
  code: string
}

/** The code blocks of a guide, in order. @param path from the project's folder. */
export function codeBlocks(path: string): CodeBlock[] {
  const page = readFileSync(join(ROOT, path), 'utf8')
  return [...page.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
}

/** A program of a guide, which names its file in the first line. */
export function programIn(path: string, name: string): string {
  const found = codeBlocks(path).find(({ code }) => code.split('\n')[0]?.endsWith(` ${name}`))
  if (!found) throw new Error(`${path} has no program ${name}`)
  return found.code
}
