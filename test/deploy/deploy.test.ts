import { afterAll, describe, expect, test } from 'bun:test'
import { cpSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { HOST_PLATFORM } from '../../deploy/release/build'
import manifest from '../../package.json' with { type: 'json' }
import { EXIT } from '../../src/cli/session'
import { readConfig, SETTING_NAMES } from '../../src/config/settings'
import { createMetrics } from '../../src/observability/metrics'
import { freePort } from '../support/free-port'
import { buildBinary } from '../support/process'
import { scratchDir, systemTemp } from '../support/scratch'
import { until } from '../support/until'

const ROOT = join(import.meta.dir, '../..')
const read = (path: string) => readFileSync(join(ROOT, 'deploy', path), 'utf8')
const folder = scratchDir('deploy')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const noSandbox = (): never => {
  throw new Error('production generates no secrets')
}

describe('compose.yaml', () => {
  interface Service {
    environment: Record<string, string>
    read_only?: boolean
    cap_drop?: string[]
    security_opt?: string[]
  }
  const { services } = Bun.YAML.parse(read('compose.yaml')) as { services: Record<'cti-server' | 'postgres', Service> }
  const { environment } = services['cti-server']

  test('sets only settings that exist, and asks for every secret that production needs', () => {
    expect(Object.keys(environment).filter((name) => !(SETTING_NAMES as string[]).includes(name))).toEqual([])
    const required = Object.values(environment).filter((value) => value.includes(':?'))
    const asked = required.map((value) => /^\$\{(\w+):\?/.exec(value)?.[1])
    expect(asked).toEqual(expect.arrayContaining(['INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY']))
  })

  test('starts in production on its own Postgres', () => {
    const secret = Buffer.alloc(32, 7).toString('base64')
    const given = { PUBLIC_URL: 'https://cti.example.com' } as Record<string, string>
    const values = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => {
        const [, variable, required] = /^\$\{(\w+):(\?)?/.exec(value) ?? []
        return [name, variable ? (given[variable] ?? (required ? secret : '')) : value]
      }),
    )
    const { production, databaseUrl } = readConfig(values, noSandbox)
    expect(production).toBe(true)
    const url = new URL(databaseUrl)
    expect([url.hostname, url.username, url.pathname]).toEqual(['postgres', 'cti', '/cti'])
    expect(decodeURIComponent(url.password)).toBe(secret)
  })

  test('gives the server a read-only file system and no capability', () => {
    expect(services['cti-server']).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  })
})

describe('the container file', () => {
  const dockerfile = read('Dockerfile')

  test('runs as a user that is not root, and checks its health with a command that exists', () => {
    expect(dockerfile.match(/^USER .+$/gm)).toEqual(['USER nonroot'])
    const [, command] = /^HEALTHCHECK .*CMD (\[.+\])$/m.exec(dockerfile) ?? []
    expect(JSON.parse(command!)).toEqual(['/usr/local/bin/cti-server', 'health'])
    const help = Bun.spawnSync([process.execPath, 'src/main.ts', 'health', '--help'], { cwd: ROOT })
    expect(help.stdout.toString()).toContain('Usage: cti-server health')
  })

  test('builds with the version of Bun that the project uses', () => {
    expect(dockerfile).toContain(`ARG BUN_VERSION=${manifest.devDependencies['bun-types']}\n`)
  })

  test('builds a working binary from nothing but what .dockerignore lets through', () => {
    const allowed = [...read('Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!)
    for (const path of allowed) cpSync(join(ROOT, path), join(folder, path), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const binary = join(folder, 'out/cti-server')
    const build = Bun.spawnSync(
      [process.execPath, 'run', 'build:target', `--target=bun-${HOST_PLATFORM}`, '--outfile', binary],
      { cwd: folder },
    )
    expect(build.exitCode, build.stderr.toString()).toBe(0)
    expect(Bun.spawnSync([binary, 'version']).stdout.toString()).toBe(`${manifest.version}\n`)
  }, 60_000)
})

/** Some machines have the tool and forbid its namespaces. */
const canConfine =
  Bun.which('bwrap') !== null &&
  Bun.spawnSync(['bwrap', '--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true']).exitCode === 0

test.skipIf(!canConfine)(
  'the binary serves as nobody, without a capability, on a read-only system with one folder for its data',
  async () => {
    const data = scratchDir('container')
    const inside = (...command: string[]) => [
      ...['bwrap', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--uid', '65534', '--gid', '65534'],
      ...['--cap-drop', 'ALL', '--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
      // The run's folder may be in /dev, which is a new one here.
      ...['--ro-bind', systemTemp, systemTemp, '--bind', data, data, '--chdir', data, ...command],
    ]
    const port = String(await freePort())
    const env = { PATH: process.env.PATH ?? '', DATA_DIR: data, PORT: port, HOST: '127.0.0.1' }
    const binary = await buildBinary()
    const health = () => Bun.spawnSync(inside(binary, 'health'), { env }).exitCode
    expect(health()).toBe(EXIT.unavailable)
    const server = Bun.spawn(inside(binary, 'serve'), { env, stdout: 'pipe', stderr: 'pipe' })
    try {
      await until(
        'the server',
        async () => (await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null))?.ok === true,
      )
      expect(health()).toBe(EXIT.ok)
      expect(Bun.spawnSync(inside('touch', join(data, '..', 'elsewhere')), { env }).exitCode).not.toBe(0)
      expect(Bun.spawnSync(inside('id', '--user'), { env }).stdout.toString()).toBe('65534\n')
    } finally {
      server.kill('SIGKILL')
      await server.exited
    }
  },
  60_000,
)

describe('the systemd unit', () => {
  const unit = read('cti-server.service')
  const values = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!)

  test('sets only settings that exist, and keeps its data where the unit may write', () => {
    const set = Object.fromEntries(
      values('Environment').flatMap((line) => line.split(' ').map((pair) => pair.split('='))),
    )
    expect(Object.keys(set).filter((name) => !(SETTING_NAMES as string[]).includes(name))).toEqual([])
    expect(set).toEqual({ NODE_ENV: 'production', DATA_DIR: `/var/lib/${values('StateDirectory')[0]}` })
  })

  test('waits until the server reports that it is ready, however long it migrates, and restarts one that hangs', () => {
    const keys = ['Type', 'TimeoutStartSec', 'WatchdogSec', 'Restart', 'StartLimitIntervalSec']
    expect(keys.flatMap(values)).toEqual(['notify', 'infinity', '60', 'on-failure', '0'])
  })

  test('does not restart when settings are invalid', () => {
    expect(values('RestartPreventExitStatus')).toEqual([String(EXIT.config)])
  })

  test.skipIf(!Bun.which('systemd-analyze'))('is accepted by systemd, which finds little exposed', () => {
    const path = join(folder, 'cti-server.service')
    Bun.spawnSync(['sh', '-c', `sed 's#^ExecStart=.*#ExecStart=/bin/true#' deploy/cti-server.service > '${path}'`], {
      cwd: ROOT,
    })
    const verify = Bun.spawnSync(['systemd-analyze', 'verify', path])
    expect([verify.exitCode, verify.stderr.toString()]).toEqual([0, ''])
    const threshold = ['--offline=true', '--threshold=20']
    const security = Bun.spawnSync(['systemd-analyze', 'security', ...threshold, path], { stdout: 'pipe' })
    expect(security.exitCode, security.stdout.toString()).toBe(0)
  })
})

const metricsIn = (expression: string): string[] => expression.match(/\b(cti_\w+|process_\w+|up\b)/g) ?? []

test('the Grafana dashboard shows every metric of the server', () => {
  const shown = new Set(
    metricsIn(read('grafana/cti-server.json')).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  )
  const declared = createMetrics().registry.getMetricsAsArray()
  expect(declared.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([])
})

describe.each([
  ['the alert rules', 'prometheus/rules.yml'],
  ['the Grafana dashboard', 'grafana/cti-server.json'],
])('%s', (_what, path) => {
  /** Every PromQL expression of the file. */
  const expressions = (node: unknown): string[] => {
    if (typeof node !== 'object' || node === null) return []
    return Object.entries(node).flatMap(([key, value]) => (key === 'expr' ? [value as string] : expressions(value)))
  }
  const found = expressions(path.endsWith('.json') ? JSON.parse(read(path)) : Bun.YAML.parse(read(path)))

  const labelsOf = new Map<string, string[]>()
  for (const metric of createMetrics().registry.getMetricsAsArray()) {
    const { name, labelNames = [], type } = metric as unknown as { name: string; labelNames?: string[]; type: string }
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const suffix of suffixes) labelsOf.set(name + suffix, [...labelNames, ...(suffix === '_bucket' ? ['le'] : [])])
  }
  labelsOf.set('up', [])

  test('uses only metrics that the server has', () => {
    expect(found.length).toBeGreaterThan(5)
    const names = found.flatMap(metricsIn)
    expect(names.filter((name) => !labelsOf.has(name))).toEqual([])
  })

  test('uses only labels that those metrics have, or that Prometheus adds', () => {
    const unknown = found.flatMap((expression) => {
      const names = metricsIn(expression)
      const allowed = new Set(['job', 'instance', ...names.flatMap((name) => labelsOf.get(name) ?? [])])
      const selected = [...expression.matchAll(/(\w+)\s*[!=]~?"/g)].map(([, label]) => label!)
      const grouped = [...expression.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, list]) => list!.split(/,\s*/))
      return [...selected, ...grouped].filter((label) => !allowed.has(label)).map((label) => ({ expression, label }))
    })
    expect(unknown).toEqual([])
  })

  test('uses no label value that the server never writes', () => {
    const written = [...new Bun.Glob('src/**/*.ts').scanSync(ROOT)]
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .filter((text) => /\bmetrics\.\w|\bERROR_CODES\b.*=|\bCONNECTION_STATUSES\b|status: 'connected'/.test(text))
    const asked = found.flatMap((expression) => [...expression.matchAll(/\b(\w+)!?="([\w ]+)"/g)])
    const ours = asked.filter(([, label]) => label !== 'job').map(([, , value]) => value!)
    const never = ours.filter((value) => !written.some((text) => new RegExp(`'${value}'|\\b${value}: \\[`).test(text)))
    expect(never).toEqual([])
  })
})

test('docs/operations.md describes what to do for every alert, and lists no other', () => {
  const rules = [...read('prometheus/rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
  const guide = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
  const documented = [...guide.matchAll(/^\| `(CtiServer\w+)` +\| \S/gm)].map(([, name]) => name!)
  expect(documented.sort()).toEqual(rules.sort())
})

test('the CI workflow runs .ci/run, which can be executed', () => {
  const workflow = Bun.YAML.parse(readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8')) as {
    jobs: Record<'test', { steps: { run?: string }[] }>
  }
  const commands = workflow.jobs.test.steps.flatMap(({ run }) => run ?? [])
  expect(commands).toEqual(['.ci/run'])
  expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).toBe(0o111)
})

test.skipIf(!Bun.which('promtool'))('Prometheus accepts the alert rules, and they fire when they should', () => {
  const run = Bun.spawnSync(['promtool', 'test', 'rules', join(ROOT, 'deploy/prometheus/rules.test.yml')])
  expect(run.exitCode, run.stdout.toString() + run.stderr.toString()).toBe(0)
})
