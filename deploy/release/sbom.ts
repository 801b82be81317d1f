import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Contrib, Enums, Models, Serialize, Spec, Validation } from '@cyclonedx/cyclonedx-library'
import type { BuildMetafile } from 'bun'
import { PackageURL } from 'packageurl-js'
import manifest from '../../package.json' with { type: 'json' }
import { ROOT } from './build'

/** What the binary is bundled from: the server, and what it serves to browsers. */
const SERVER_ENTRY = 'src/main.ts'
export const BROWSER_ENTRIES = [
  'src/console/main.tsx',
  'src/console/login.ts',
  'src/sdk/cti.ts',
  'src/sdk/served/react.ts',
  'src/sdk/example.tsx',
]

/** `node_modules/a/node_modules/@b/c/…` → the folder of the innermost package. */
const PACKAGE_FOLDER = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//

/**
 * The software bill of materials as CycloneDX 1.6 JSON: every package that the bundler puts into the binary, and Bun itself.
 * @param at the time it states. @throws when the result does not satisfy the CycloneDX schema.
 */
export async function createSbom(at: Date): Promise<string> {
  const bom = new Models.Bom()
  const server = componentOf(manifest, Enums.ComponentType.Application)
  bom.metadata.component = server
  bom.metadata.timestamp = at
  const runtime = componentOf({ name: 'bun', version: Bun.version, license: 'MIT' }, Enums.ComponentType.Platform)
  bom.components.add(runtime)
  server.dependencies.add(runtime.bomRef)

  const components = new Map<string, Models.Component>()
  const componentAt = (folder: string | null): Models.Component => {
    if (folder === null) return server
    const known = components.get(folder)
    if (known) return known
    const component = componentOf(JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')))
    components.set(folder, component)
    bom.components.add(component)
    return component
  }
  for (const { inputs } of [await record([SERVER_ENTRY], 'bun'), await record(BROWSER_ENTRIES, 'browser')]) {
    const bundled = new Set(Object.keys(inputs).map(folderOf))
    for (const [path, { imports }] of Object.entries(inputs)) {
      const from = componentAt(folderOf(path))
      for (const imported of imports) {
        const folder = folderOf(imported.path)
        if (imported.external || !bundled.has(folder)) continue
        const to = componentAt(folder)
        if (to !== from) from.dependencies.add(to.bomRef)
      }
    }
  }

  const json = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)).serialize(bom, {
    sortLists: true,
    space: 2,
  })
  const problem = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(json)
  if (problem !== null) throw new Error(`The SBOM is not valid: ${JSON.stringify(problem)}`)
  return `${json}\n`
}

const folderOf = (path: string): string | null => PACKAGE_FOLDER.exec(path)?.[1] ?? null

/** What the bundler reads for these entries. Nothing is written. */
async function record(entries: string[], target: 'bun' | 'browser'): Promise<BuildMetafile> {
  const { metafile } = await Bun.build({
    root: ROOT,
    entrypoints: entries.map((entry) => join(ROOT, entry)),
    target,
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
  })
  if (!metafile) throw new Error(`The bundler recorded nothing for ${entries.join(', ')}.`)
  return metafile
}

/** A license that is no SPDX id is stated by its name. */
const noExpressions = (text: string): never => {
  throw new Error(`${text} is not an SPDX id`)
}
const components = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  new Contrib.License.Factories.LicenseFactory(noExpressions),
)

interface Package {
  name: string
  version: string
  license?: string
}

function componentOf({ name, version, license }: Package, type = Enums.ComponentType.Library): Models.Component {
  const component = components.makeComponent({ name, version, ...(license ? { license } : {}) }, type)
  if (!component) throw new Error(`The package ${name} has no usable name.`)
  component.bomRef.value = `${name}@${version}`
  const [bare = name, scope] = name.startsWith('@') ? name.split('/').reverse() : [name]
  component.purl = new PackageURL(
    type === Enums.ComponentType.Library ? 'npm' : 'generic',
    scope,
    bare,
    version,
    undefined,
    undefined,
  ).toString()
  return component
}
