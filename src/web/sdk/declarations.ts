import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SOURCE = join(import.meta.dir, '../..')
const ENTRIES = ['react.ts', 'served/react.ts', 'dialpad-service.ts', 'css.d.ts'].map((path) =>
  join(SOURCE, 'sdk', path),
)

/** Bun macro: returns the kit's type declarations by their path in `src/`, with imports as Node.js resolves them. */
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
        ...['--rootDir', SOURCE, '--outDir', outDir, ...ENTRIES],
      ],
      { stdout: 'pipe', stderr: 'pipe' },
    )
    if (exitCode !== 0) throw new Error(`the kit's declarations could not be made:\n${stdout}`)
    const paths = [...new Bun.Glob('**/*.d.ts').scanSync(outDir)].sort()
    return Object.fromEntries(
      paths.map((path) => {
        const text = readFileSync(join(outDir, path), 'utf8')
        return [path, path.endsWith('api.generated.d.ts') ? schemasOf(text) : withExtensions(text)]
      }),
    )
  } finally {
    rmSync(outDir, { recursive: true })
  }
}

/** The kit uses only the records of the API's types. */
// biome-ignore lint/style/noNonNullAssertion: openapi-typescript writes that interface; a test reads the result
const schemasOf = (api: string) => /^export interface components \{.*?^\}\n/ms.exec(api)![0]

const withExtensions = (declaration: string) =>
  declaration.replaceAll(/(from |import\()(['"])(\.[^'"]+)\2/g, '$1$2$3.js$2')
