import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCE = join(import.meta.dir, '..')
const PRODUCTION = { ...process.env, NODE_ENV: 'production' }

/**
 * Bun macro: bundles browser entries of `src/` and inlines the files, so that the compiled binary carries them.
 * Import what it returns lazily: from source it runs when its module is first loaded.
 * @returns file name → text; code shared by the entries is in files of its own beside them.
 */
export const bundleForBrowser = (...entries: string[]): Record<string, string> =>
  bundle(entries, ['--entry-naming=[name].[ext]', '--minify', '--production'])

/** The same for pages that look their files up: every name carries its hash, so that browsers keep them for ever. */
export const bundleForPages = (...entries: string[]): Record<string, string> =>
  bundle(entries, ['--entry-naming=[name]-[hash].[ext]', '--minify', '--production'])

/**
 * Entries of `src/` as modules for applications that bundle them again: readable, and without the packages named, which
 * the application has already.
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
