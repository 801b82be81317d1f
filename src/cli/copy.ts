import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CopyStep, copyDatabase } from '../db/copy'
import { openDatabase } from '../db/index'
import { giveToOwnerOf } from '../db/sqlite-backup'
import { answeringCommand, print } from './print'
import { createProgressBar } from './progress-bar'
import { sqlitePath } from './sqlite-path'

const URL_FORMS = 'sqlite:<path> or postgres://…'

export const copy = () =>
  answeringCommand('copy', 'copy a database to an empty one and verify the copy; no server may use either', [
    'DATA_DIR',
  ])
    .requiredOption('--from <url>', `database to read: ${URL_FORMS}`)
    .requiredOption('--to <url>', `empty database to write: ${URL_FORMS}`)
    .action(async (flags: { from: string; to: string; json?: boolean }) => {
      const [from, to] = [absolute(flags.from), absolute(flags.to)]
      if (from === to) throw new Error('--from and --to are the same database.')
      const file = sqlitePath(from)
      if (file && !existsSync(file)) throw new Error(`${file} does not exist.`)
      const tables = await copyBetween(from, to)
      const lines = tables.map(
        ({ table, rows, checksum }) => `${table.padEnd(24)}${String(rows).padStart(10)}  ${checksum}`,
      )
      print(
        flags.json,
        { tables },
        [...lines, 'Both databases are identical. Set DATABASE_URL to the new one.'].join('\n'),
      )
    })

async function copyBetween(fromUrl: string, toUrl: string) {
  const from = await openDatabase(fromUrl)
  const to = await openDatabase(toUrl)
  const bar = createProgressBar(process.stderr)
  try {
    // Both databases must have the tables of this version.
    await from.migrate()
    await to.migrate()
    return await copyDatabase(from, to, nameOf(fromUrl), (step) => bar.show(...shown(step)))
  } finally {
    bar.end()
    await from.close()
    await to.close()
    const file = sqlitePath(toUrl)
    if (file && existsSync(file)) giveToOwnerOf(dirname(file), file)
  }
}

const shown = ({
  phase,
  table,
  index,
  tables,
  done,
  total,
}: CopyStep): [label: string, done: number, total: number] => [
  `${phase === 'copy' ? 'Copying' : 'Comparing'} ${table} (${index}/${tables})`,
  done,
  total,
]

/** Removes the password from a URL. */
function nameOf(url: string): string {
  if (sqlitePath(url) !== null) return url
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

const absolute = (url: string) => {
  const file = sqlitePath(url)
  return file === null ? url : `sqlite:${file}`
}
