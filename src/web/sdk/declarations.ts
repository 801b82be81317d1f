import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sdk = join(import.meta.dir, '../../sdk')

/** Bun macro: the kit's type declarations, file path → text. */
export function emitDeclarations(): Record<string, string> {
  const outDir = mkdtempSync(join(tmpdir(), 'cti-types-'))
  try {
    const flags = '--declaration --emitDeclarationOnly --jsx react-jsx --target esnext --module preserve --skipLibCheck'
    const { exitCode, stdout } = Bun.spawnSync(
      [
        process.execPath,
        join(import.meta.dir, '../../../node_modules/typescript/bin/tsc'),
        ...['--ignoreConfig', '--strict', '--moduleResolution', 'bundler', '--lib', 'esnext,dom,dom.iterable'],
        ...flags.split(' '),
        ...['--rootDir', sdk, '--outDir', outDir, join(sdk, 'react.ts')],
      ],
      { stdout: 'pipe', stderr: 'pipe' },
    )
    if (exitCode !== 0) throw new Error(`the kit's declarations could not be made:\n${stdout}`)
    return Object.fromEntries(
      [...new Bun.Glob('**/*.d.ts').scanSync(outDir)].map((path) => [path, readFileSync(join(outDir, path), 'utf8')]),
    )
  } finally {
    rmSync(outDir, { recursive: true })
  }
}
