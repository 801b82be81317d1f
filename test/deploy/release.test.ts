import { beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST_PLATFORM } from '../../deploy/release/build'
import { changelogSections, checkChangelog, checkVersion, checkWorkingTree } from '../../deploy/release/readiness'
import { BROWSER_ENTRIES, createSbom } from '../../deploy/release/sbom'
import manifest from '../../package.json' with { type: 'json' }
import { hasPrograms } from '../support/programs'
import { scratchDir } from '../support/scratch'

const ROOT = join(import.meta.dir, '../..')
const TODAY = '2026-12-24'

describe('the version check', () => {
  test.each([
    ['the first version', '0.1.0', [], 'ok'],
    ['a version above every tag', '0.10.0', ['v0.1.0', 'v0.9.0', 'latest'], 'ok'],
    ['a version that has its tag', '0.9.0', ['v0.1.0', 'v0.9.0'], 'not ready'],
    ['a version below a tag', '0.9.1', ['v0.10.0'], 'not ready'],
    ['a folder without git', '0.1.0', null, 'not ready'],
    ['what is not a version', '0.1', [], 'broken'],
  ] as const)('%s: %s beside %p is %s', (_what, version, tags, verdict) => {
    expect(checkVersion(version, tags === null ? null : [...tags]).verdict).toBe(verdict)
  })
})

describe('the changelog check', () => {
  const older = '## [0.1.0] - 2026-11-21\n\n- The first version.\n'
  test.each([
    ['a dated section with a change', `## [0.2.0] - ${TODAY}\n\n### Fixed\n\n- It.\n\n${older}`, 'ok'],
    ['a section that is not dated yet', `## [0.2.0] - Unreleased\n\n- It.\n\n${older}`, 'not ready'],
    ['a section of tomorrow', `## [0.2.0] - 2026-12-25\n\n- It.\n\n${older}`, 'not ready'],
    ['no section', older, 'broken'],
    ['a section without a change', `## [0.2.0] - ${TODAY}\n\n### Fixed\n\n${older}`, 'broken'],
    ['two sections of one version', `## [0.2.0] - ${TODAY}\n\n- It.\n\n## [0.2.0] - ${TODAY}\n\n- It.\n`, 'broken'],
    ['sections out of order', `${older}\n## [0.2.0] - ${TODAY}\n\n- It.\n`, 'broken'],
  ])('%s', (_what, changelog, verdict) => {
    expect(checkChangelog(changelog, '0.2.0', TODAY).verdict as string).toBe(verdict)
  })

  test('the changelog of this repository describes the version in package.json and is valid', () => {
    const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
    expect(changelogSections(changelog).map(({ version }) => version)).toContain(manifest.version)
    expect(checkChangelog(changelog, manifest.version, '9999-12-31').verdict).not.toBe('broken')
  })
})

test('files that are not committed stop a release', () => {
  expect(checkWorkingTree('').verdict).toBe('ok')
  expect(checkWorkingTree(' M src/main.ts\n?? new.ts').verdict).toBe('not ready')
})

describe('the SBOM', () => {
  const bom = createSbom(new Date('2026-11-21T00:00:00Z')).then((json) => JSON.parse(json) as Sbom)
  const refs = async () => new Set((await bom).components.map((component) => component['bom-ref']))

  interface Sbom {
    specVersion: string
    metadata: { timestamp: string; component: { name: string; version: string } }
    components: { 'bom-ref': string; purl: string; licenses?: unknown[] }[]
    dependencies: { ref: string; dependsOn?: string[] }[]
  }

  test('names every runtime dependency in its pinned version, with its license, and Bun', async () => {
    const { components, metadata } = await bom
    expect(metadata.component).toMatchObject({ name: 'cti-server', version: manifest.version })
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(await refs()).toContain(`${name}@${version}`)
    expect(await refs()).toContain(`bun@${Bun.version}`)
    expect(components.filter(({ licenses }) => !licenses?.length)).toEqual([])
  })

  test('names their dependencies in turn, and no development tool', async () => {
    const names = new Set([...(await refs())].map((ref) => ref.slice(0, ref.lastIndexOf('@'))))
    expect(names).toContain('scheduler')
    const tools = Object.keys(manifest.devDependencies)
    expect(tools.filter((name) => names.has(name))).toEqual([])
    const { dependencies } = await bom
    expect(dependencies.find(({ ref }) => ref.startsWith('react-dom@'))?.dependsOn?.join()).toContain('scheduler@')
    expect(dependencies.find(({ ref }) => ref.startsWith('cti-server@'))?.dependsOn?.join()).toContain('drizzle-orm@')
  })

  test('covers everything that the server bundles for browsers', () => {
    const bundled = [...new Bun.Glob('src/**/*.ts').scanSync(ROOT)].flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/= bundleFor(?:Browser|Pages)\(([^)]+)\)/g)].flatMap(
        ([, entries]) => [...entries!.matchAll(/'([^']+)'/g)].map(([, entry]) => `src/${entry}`),
      ),
    )
    expect(bundled.sort()).toEqual([...BROWSER_ENTRIES].sort())
  })
})

describe('bun run release --dry-run', () => {
  let dryRun: Awaited<ReturnType<typeof run>>
  beforeAll(async () => {
    dryRun = await run('--dry-run', '--outdir', outdir)
  }, 120_000)

  async function run(...args: string[]) {
    const child = Bun.spawn([process.execPath, 'run', '--silent', 'release', ...args], {
      cwd: ROOT,
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return { code: await child.exited, stdout, stderr }
  }
  const outdir = scratchDir('release')
  const folder = join(outdir, manifest.version)

  test('builds a binary of this version for this machine, and says how it would be tagged', async () => {
    const { code, stdout, stderr } = dryRun
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`git tag --annotate v${manifest.version}`)
    const binary = readdirSync(folder).find((name) => name.startsWith(`cti-server-${HOST_PLATFORM}`))!
    expect(Bun.spawnSync([join(folder, binary), 'version']).stdout.toString()).toBe(`${manifest.version}\n`)
  })

  test.skipIf(!hasPrograms('the check of the sums', 'sha256sum'))(
    'writes sums that sha256sum accepts, over every other file',
    () => {
      const check = Bun.spawnSync(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: folder })
      const files = readdirSync(folder).filter((name) => name !== 'SHA256SUMS')
      expect(check.stdout.toString().trim().split('\n').sort()).toEqual(files.map((name) => `${name}: OK`).sort())
    },
  )

  test('makes the same SBOM twice from the same commit', async () => {
    const text = readFileSync(join(folder, 'cti-server.cdx.json'), 'utf8')
    const { timestamp } = (JSON.parse(text) as { metadata: { timestamp: string } }).metadata
    expect(text).toBe(await createSbom(new Date(timestamp)))
  })

  test('refuses a flag it does not know', async () => {
    expect((await run('--publish')).code).toBe(2)
  })
})
