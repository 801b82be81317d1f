import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Builds the binary for the platforms named, or for all of them: `bun run build:all [platform …]`. */

export const ROOT = join(import.meta.dir, '../..')

export const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64']

export const HOST_PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/**
 * Builds `cti-server-<platform>` into a folder; for a foreign platform Bun downloads its runtime once.
 * @returns the paths, in the order of the platforms. @throws when a build fails.
 */
export async function buildBinaries(platforms: string[], outdir: string): Promise<string[]> {
  mkdirSync(outdir, { recursive: true })
  const paths: string[] = []
  for (const platform of platforms) {
    const outfile = join(outdir, `cti-server-${platform}`)
    for (const stale of filesNamed(outfile)) rmSync(stale)
    const build = Bun.spawn(
      [process.execPath, 'run', '--silent', 'build:target', `--target=bun-${platform}`, `--outfile=${outfile}`],
      { cwd: ROOT, stdout: 'pipe', stderr: 'pipe' },
    )
    const [output, errors] = await Promise.all([new Response(build.stdout).text(), new Response(build.stderr).text()])
    const [built] = filesNamed(outfile)
    if ((await build.exited) !== 0 || !built) throw new Error(`The build for ${platform} failed:\n${output}${errors}`)
    paths.push(built)
  }
  return paths
}

/** The binary itself, or with the .exe that Windows wants; never the files beside it. */
const filesNamed = (outfile: string): string[] =>
  readdirSync(join(outfile, '..'))
    .filter((name) => name === basename(outfile) || name === `${basename(outfile)}.exe`)
    .map((name) => join(outfile, '..', name))

if (import.meta.main) {
  const asked = process.argv.slice(2)
  const unknown = asked.filter((platform) => !PLATFORMS.includes(platform))
  if (unknown.length > 0) {
    console.error(`Unknown platform: ${unknown.join(', ')}. Choose from ${PLATFORMS.join(', ')}.`)
    process.exit(2)
  }
  for (const path of await buildBinaries(asked.length > 0 ? asked : PLATFORMS, join(ROOT, 'dist'))) console.log(path)
}
