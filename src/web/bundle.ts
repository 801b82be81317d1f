import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Bun macro: bundles browser entries of `src/` and inlines the files, so that the compiled binary carries them.
 * Import what it returns lazily: from source it runs when its module is first loaded.
 * @returns file name → text; code shared by the entries is in files of its own beside them.
 */
export function bundleForBrowser(...entries: string[]): Record<string, string> {
  const source = join(import.meta.dir, '..')
  const outdir = mkdtempSync(join(tmpdir(), 'cti-bundle-'))
  try {
    const { exitCode, stderr } = Bun.spawnSync(
      [
        process.execPath,
        'build',
        ...entries.map((entry) => join(source, entry)),
        `--outdir=${outdir}`,
        ...['--target=browser', '--splitting', '--minify', '--production', '--entry-naming=[name].[ext]'],
        '--chunk-naming=chunk-[hash].[ext]',
      ],
      { env: { ...process.env, NODE_ENV: 'production' }, stdout: 'ignore', stderr: 'pipe' },
    )
    if (exitCode !== 0) throw new Error(`bundling ${entries.join(', ')} failed:\n${stderr}`)
    return Object.fromEntries(
      [...new Bun.Glob('*').scanSync(outdir)].map((name) => [name, readFileSync(join(outdir, name), 'utf8')]),
    )
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
