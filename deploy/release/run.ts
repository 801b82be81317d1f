/**
 * Makes a release: checks the version, the changelog, and the working tree; builds the binaries; writes their SHA-256 sums and the
 * SBOM to `dist/release/<version>`, or to `<version>` in `--outdir`; and prints how to tag it. It changes nothing in the repository and publishes nothing.
 *
 * `bun run release` builds for every platform. `bun run release --dry-run` builds for this machine only, and reports what is not
 * ready instead of stopping at it.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { buildBinaries, HOST_PLATFORM, PLATFORMS, ROOT } from './build'
import { checkChangelog, checkVersion, checkWorkingTree, type Finding } from './readiness'
import { createSbom } from './sbom'

const { version } = manifest
const MARKS: Record<Finding['verdict'], string> = { ok: '✓', 'not ready': '!', broken: '✗' }

const asked = readArguments()
if (!asked) {
  console.error('Usage: bun run release [--dry-run] [--outdir <folder>]')
  process.exit(2)
}
process.exit((await release(asked.dryRun, join(asked.outdir, version))) ? 0 : 1)

function readArguments(): { dryRun: boolean; outdir: string } | null {
  try {
    const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean' }, outdir: { type: 'string' } } })
    return { dryRun: values['dry-run'] ?? false, outdir: values.outdir ?? join(ROOT, 'dist/release') }
  } catch {
    return null
  }
}

/** @returns false when a check stopped it. */
async function release(dryRun: boolean, folder: string): Promise<boolean> {
  const findings = [
    checkVersion(version, git('tag', '--list')?.split('\n').filter(Boolean) ?? null),
    checkChangelog(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version, new Date().toISOString().slice(0, 10)),
    checkWorkingTree(git('status', '--porcelain')),
  ]
  for (const { verdict, check, detail } of findings) console.log(`${MARKS[verdict]} ${check}: ${detail}`)
  const stopping: Finding['verdict'][] = dryRun ? ['broken'] : ['broken', 'not ready']
  if (findings.some(({ verdict }) => stopping.includes(verdict))) {
    console.error('Nothing was built: fix what is marked first.')
    return false
  }

  rmSync(folder, { recursive: true, force: true })
  const binaries = await buildBinaries(dryRun ? [HOST_PLATFORM] : PLATFORMS, folder)
  checkBinary(binaries.find((path) => path.includes(HOST_PLATFORM)))
  const sbom = join(folder, 'cti-server.cdx.json')
  writeFileSync(sbom, await createSbom(commitTime()))
  writeFileSync(join(folder, 'SHA256SUMS'), await sumsOf([...binaries, sbom]))

  console.log(
    `✓ ${relative(ROOT, folder)} has ${[...binaries, sbom].map((path) => basename(path)).join(', ')}, and SHA256SUMS`,
  )
  const tag = [`git tag --annotate v${version} --message 'Version ${version}'`, `git push origin v${version}`]
  console.log(`${dryRun ? 'A release would now be tagged with' : 'Now tag it'}:\n  ${tag.join('\n  ')}`)
  return true
}

/** @returns what git prints, or null when there is no repository (or no git). */
function git(...args: string[]): string | null {
  if (!existsSync(join(ROOT, '.git')) || !Bun.which('git')) return null
  const { exitCode, stdout, stderr } = Bun.spawnSync(['git', ...args], { cwd: ROOT })
  if (exitCode !== 0) throw new Error(`git ${args.join(' ')} failed: ${stderr}`)
  return stdout.toString().trim()
}

/** The time of the commit, so that the same commit gives the same SBOM. */
function commitTime(): Date {
  const time = git('show', '--no-patch', '--format=%cI', 'HEAD')
  return time === null ? new Date() : new Date(time)
}

function checkBinary(path: string | undefined): void {
  if (!path) throw new Error(`There is no binary for this machine (${HOST_PLATFORM}) to try.`)
  const said = Bun.spawnSync([path, 'version']).stdout.toString().trim()
  if (said !== version) throw new Error(`${basename(path)} says it is version "${said}", not ${version}.`)
}

/** In the format of `sha256sum`. */
async function sumsOf(paths: string[]): Promise<string> {
  const lines = await Promise.all(
    paths.map(async (path) => {
      const hash = new Bun.CryptoHasher('sha256')
      for await (const chunk of Bun.file(path).stream()) hash.update(chunk)
      return `${hash.digest('hex')}  ${basename(path)}\n`
    }),
  )
  return lines.join('')
}
