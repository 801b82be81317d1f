import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../config/version'
import { PACKAGE_NAMES, packageFiles, packageTarball } from './packages'

/** `bun run build:npm` writes the npm packages to `dist/npm/`, unpacked and packed. */
const target = join(import.meta.dir, '../../../dist/npm')
rmSync(target, { recursive: true, force: true })
for (const name of PACKAGE_NAMES) {
  for (const [path, text] of Object.entries(packageFiles(name))) await Bun.write(join(target, name, path), text)
  await Bun.write(join(target, `${name}-${VERSION}.tgz`), packageTarball(name))
  console.log(`dist/npm/${name}-${VERSION}.tgz  ${(packageTarball(name).length / 1000).toFixed(0)} kB`)
}
