import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresTools, startPostgresOf } from '../support/debian-postgres'
import { codeBlocks } from '../support/doc-code'
import { freePort } from '../support/free-port'
import { buildBinary } from '../support/process'
import { hasPrograms } from '../support/programs'
import { createPgDatabase } from '../support/run-wide'
import { scratchDir } from '../support/scratch'

/**
 * docs/operations.md as an operator follows it: every block, in order, in one shell of a fresh machine with the compiled
 * binary. The machine's own folders are folders of the test, `sudo` runs the command, and `systemctl` starts and stops the
 * server as the unit would.
 */

/** What runs against Postgres, when the data is there, and only where a whole Postgres with its client tools is. */
const isForPostgres = (code: string) => /^pg_/m.test(code)

/** Printed when any command of a block fails, not only its last. */
const FAILED = 'a command of the guide failed: '

const SUDO = '#!/bin/sh\nexec "$@"\n'
const systemctlIn = (folder: string, url: string) => `#!/bin/bash
start() {
  set -a; . ${folder}/etc.env; NODE_ENV=production; DATA_DIR=${folder}/data; set +a
  ${folder}/bin/cti-server serve >> ${folder}/log 2>&1 &
  echo $! > ${folder}/pid
  until curl -fs ${url}/ready &> /dev/null; do kill -0 $(cat ${folder}/pid) || exit 1; sleep 0.02; done
}
stop() {
  kill $(cat ${folder}/pid)
  while kill -0 $(cat ${folder}/pid) 2> /dev/null; do sleep 0.02; done
}
case $1 in
  daemon-reload) ;;
  enable | start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  *) exit 1 ;;
esac
`
/** The id of the app that an operator would copy from the list. */
const APP_ID = `$(cti-server apps list --json | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | head -1)`

/** The name that an operator would copy once the backup is made. */
const WAIT_FOR_BACKUP =
  'for try in $(seq 500); do NAME=$(ls $DATA_DIR/backups 2> /dev/null | grep "db$") && break; sleep 0.02; done'

interface Pasted {
  code: string
  status: number
  output: string
}

const tools = postgresTools()

describe.skipIf(!hasPrograms('the guide', 'bash', 'curl', 'openssl'))('docs/operations.md', () => {
  let folder: string
  let stopPostgres = async () => {}
  let pasted: Pasted[]
  const pidFile = () => join(folder, 'pid')

  beforeAll(async () => {
    folder = scratchDir('operations')
    const port = await freePort()
    const url = `https://localhost:${port}`
    for (const name of ['bin', 'dist', 'backups', 'shims']) mkdirSync(join(folder, name))
    symlinkSync(await buildBinary(), join(folder, 'dist/cti-server'))
    for (const [name, text] of [
      ['sudo', SUDO],
      ['systemctl', systemctlIn(folder, url)],
    ] as const) {
      writeFileSync(join(folder, 'shims', name), text)
      chmodSync(join(folder, 'shims', name), 0o755)
    }
    writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\n')
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    Bun.spawnSync(
      [
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '1',
      ].concat(subject, ['-keyout', key, '-out', cert]),
    )
    const postgres = tools === null ? null : await startPostgresOf(tools)
    if (postgres) stopPostgres = postgres.stop
    const target = postgres?.url ?? (await createPgDatabase('template0'))
    const here = (code: string) =>
      code
        .replaceAll('/usr/local/bin', `${folder}/bin`)
        .replaceAll('/etc/cti-server.env', `${folder}/etc.env`)
        .replaceAll('/var/lib/cti-server', `${folder}/data`)
        .replaceAll(/(?<=[ =])\/backups\//g, `${folder}/backups/`)
        .replaceAll('/var/tmp/practice', `${folder}/practice`)
        .replaceAll('https://cti.example.com', url)
        .replaceAll('postgres://cti:secret@db.internal/cti', target)
        .replace('service install', `service install --path ${folder}/cti-server.service`)
        .replace('APP_ID=01a1fc9a-…', () => `APP_ID=${APP_ID}`)
        .replace('NAME=cti-….db', () => WAIT_FOR_BACKUP)
        // It serves TLS itself here.
        .replace('TRUST_PROXY=1', 'TRUST_PROXY=false')
    const all = codeBlocks('docs/operations.md').filter(({ language }) => language === 'sh')
    const blocks = all.flatMap(({ code }) => (isForPostgres(code) ? [] : here(code)))
    blocks.splice(2, 0, 'cti-server apps create "An app that is there already"')
    const [dump, restore, ...more] = all.flatMap(({ code }) => (isForPostgres(code) ? here(code) : []))
    expect(more).toEqual([])
    if (tools !== null)
      blocks.push(
        dump!,
        'cti-server apps create "Made after the dump"; psql --command "CREATE TABLE of_a_newer_version (id int)" $DATABASE_URL',
        restore!,
        `cti-server apps list; cti-server health; psql --command '\\dt' $DATABASE_URL`,
      )
    pasted = await paste(blocks, folder, {
      PATH: `${folder}/shims:${folder}/bin:${process.env.PATH}:${tools ?? ''}`,
      PORT: String(port),
      HOST: '127.0.0.1',
      TLS_CERT_FILE: cert,
      TLS_KEY_FILE: key,
      CURL_CA_BUNDLE: cert,
      CURL_HOME: folder,
    })
  }, 240_000)
  afterAll(async () => {
    if (existsSync(pidFile())) process.kill(Number(readFileSync(pidFile(), 'utf8')), 'SIGKILL')
    await stopPostgres()
  })

  const outputOf = (part: string) => pasted.find(({ code }) => code.includes(part))?.output ?? ''

  test('every block runs to its end, and needs nothing that the guide does not name', () => {
    expect(pasted.length).toBeGreaterThan(15)
    for (const { code, status, output } of pasted) {
      expect([code, status, output]).toEqual([code, 0, output])
      expect(output).not.toContain(FAILED)
      expect(code).not.toContain('…')
      expect(output).not.toMatch(/command not found|unbound|syntax error|curl: \(|"success":false/)
    }
  })

  test('a backup is made, downloaded, and restored; what it replaced is kept', () => {
    expect(outputOf('backups/$NAME')).toContain('"success":true')
    expect(readdirSync(folder).some((name) => /^cti-.*\.db$/.test(name))).toBe(true)
    expect(outputOf('backups/cti.db\n')).toContain('Restored')
    expect(readdirSync(join(folder, 'data')).some((name) => name.includes('.replaced-'))).toBe(true)
    expect(existsSync(join(folder, 'practice/cti.db'))).toBe(true)
  })

  test('every secret is replaced in the end, and the old encryption key is not needed', () => {
    expect(outputOf('reseal')).toContain('"old_keys_removable":true')
    const settings = readFileSync(join(folder, 'etc.env'), 'utf8')
    for (const name of ['INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY'])
      expect(settings).toMatch(new RegExp(`^${name}=[A-Za-z0-9+/]{43}=$`, 'm'))
  })

  test('the data moves to Postgres, where the server continues', () => {
    expect(readFileSync(join(folder, 'etc.env'), 'utf8')).toContain('DATABASE_URL=postgres://')
    expect(outputOf('cti-server copy')).not.toContain('differs')
  })

  test.skipIf(tools === null)(
    'Postgres is restored to what the dump has, and keeps no table of a newer version',
    () => {
      const output = outputOf("psql --command '\\dt'")
      expect(output).toContain('An app that is there already')
      expect(output).toContain('webhook_events')
      expect(output).not.toContain('Made after the dump')
      expect(output).not.toContain('of_a_newer_version')
      expect(readdirSync(join(folder, 'backups'))).toContain('replaced.dump')
    },
  )

  test('a new version is installed, and the one before it comes back with its data', () => {
    expect(outputOf('cti-server.old\n')).toContain('healthy')
    expect(outputOf('backups/before-upgrade.db\nsudo')).toContain('Restored')
  })
})

/** Pastes blocks into one shell. @returns what each of them printed, and how its last command ended. */
async function paste(blocks: string[], cwd: string, env: Record<string, string>): Promise<Pasted[]> {
  const mark = `--- end of block ${crypto.randomUUID()}`
  const trap = `trap 'echo "${FAILED}$BASH_COMMAND"' ERR\n`
  const script = trap + blocks.map((code) => `{\n${code}\n} 2>&1\necho "${mark} $?"\n`).join('')
  const child = Bun.spawn(['bash', '-c', script], { cwd, env, stdout: 'pipe', stderr: 'inherit' })
  const parts = (await new Response(child.stdout).text()).split(mark)
  return blocks.map((code, index) => ({
    code,
    status: Number(/^ (\d+)/.exec(parts[index + 1] ?? '')?.[1] ?? -1),
    output: (parts[index] ?? '').replace(/^ \d+\n/, ''),
  }))
}
