import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../support/free-port'
import { until } from '../support/until'

const ROOT = join(import.meta.dir, '../..')

describe("the package's exports", () => {
  test('are the kit and its React components', async () => {
    const kit = await import('cti-server/sdk')
    expect(Object.keys(kit)).toEqual(
      expect.arrayContaining(['DialpadService', 'CtiClient', 'CallTracker', 'DialpadError']),
    )
    const react = await import('cti-server/sdk/react')
    expect(Object.keys(react)).toEqual(expect.arrayContaining(['DialpadCTI', 'CallButton', 'CtiProvider', 'useCalls']))
  })
})

describe('the compiled binary, run from / with an empty environment', () => {
  let folder: string
  let server: ReturnType<typeof Bun.spawn>
  let url: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cti-delivery-'))
    const binary = join(folder, 'cti-server')
    const flags = ['--compile', '--minify', '--target=bun', './src/main.ts', '--outfile', binary]
    const built = Bun.spawnSync([process.execPath, 'build', ...flags], { cwd: ROOT })
    expect(built.exitCode).toBe(0)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const settings = ['--port', String(port), '--host', '127.0.0.1', '--data-dir', join(folder, 'data')]
    server = Bun.spawn([binary, ...settings], { cwd: '/', env: {}, stdout: 'ignore', stderr: 'ignore' })
    await until(
      'the server to answer',
      () =>
        fetch(`${url}/live`).then(
          () => true,
          () => false,
        ),
      15_000,
    )
  }, 60_000)
  afterAll(async () => {
    server.kill()
    await server.exited
    rmSync(folder, { recursive: true, force: true })
  })

  test('serves the console, the kit, its types and the example, with every file they ask for', async () => {
    const wanted = [
      '/console',
      '/sdk/example',
      '/sdk/cti.js',
      '/sdk/react.js',
      '/sdk/types/cti.d.ts',
      '/sdk/types/react.d.ts',
    ]
    const seen = new Set<string>()
    for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const answer = await fetch(url + path)
      expect([path, answer.status]).toEqual([path, 200])
      const text = await answer.text()
      expect(text.length).toBeGreaterThan(50)
      const base = path.endsWith('.ts') || path.endsWith('.js') ? `${path.slice(0, path.lastIndexOf('/'))}/` : '/'
      const asked = path.endsWith('.d.ts')
        ? [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => `${match[1]}.d.ts`)
        : [...text.matchAll(/(?:from|import)\s*"(\.\/chunk-[^"]+)"|(?:src|href)="(\/[^"]+)"/g)].map(
            (match) => match[1] ?? match[2]!,
          )
      for (const name of asked) wanted.push(new URL(name, `http://x${base}`).pathname)
    }
    expect(seen.size).toBeGreaterThan(12)
  })
})
