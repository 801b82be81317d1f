import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCE = join(import.meta.dir, '..')
const PRODUCTION = { ...process.env, NODE_ENV: 'production' }

/**
 * Bun macro: bundles browser entries of `src/` and inlines the files, so that the compiled binary carries them.
 * Import the result lazily: when run from source, the bundling happens when its module is loaded.
 * @returns file name → text. Code that entries share is in separate files.
 */
export const bundleForBrowser = (...entries: string[]): Record<string, string> =>
  bundle(entries, ['--entry-naming=[name].[ext]', '--minify', '--production'])

/** The same, with the hash in every file name, so that browsers can cache them forever. */
export const bundleForPages = (...entries: string[]): Record<string, string> =>
  bundle(entries, ['--entry-naming=[name]-[hash].[ext]', '--minify', '--production'])

/**
 * Bundles entries of `src/` as modules for applications that bundle them again: not minified, and without the given
 * packages, which the application provides.
 */
export const bundleForPackage = (entries: string[], externals: string[]): Record<string, string> =>
  bundle(entries, ['--entry-naming=[name].[ext]', '--minify-syntax', ...externals.map((name) => `--external=${name}`)])

function bundle(entries: string[], flags: string[]): Record<string, string> {
  const outdir = mkdtempSync(join(tmpdir(), 'cti-bundle-'))
  try {
    const { exitCode, stderr } = Bun.spawnSync(
      [
        process.execPath,
        'build',
        ...entries.map((entry) => join(SOURCE, entry)),
        `--outdir=${outdir}`,
        ...['--target=browser', '--splitting'],
        '--chunk-naming=chunk-[hash].[ext]',
        ...flags,
      ],
      { env: PRODUCTION, stdout: 'ignore', stderr: 'pipe' },
    )
    if (exitCode !== 0) throw new Error(`bundling ${entries.join(', ')} failed:\n${stderr}`)
    return Object.fromEntries(
      [...new Bun.Glob('*').scanSync(outdir)].map((name) => [name, readFileSync(join(outdir, name), 'utf8')]),
    )
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
