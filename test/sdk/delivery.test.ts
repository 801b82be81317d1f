import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type ServerProcess, startBinary } from '../support/process'
import { scratchDir } from '../support/scratch'

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
  let server: ServerProcess
  beforeAll(async () => {
    server = await startBinary({ DATA_DIR: scratchDir('delivery') })
  }, 60_000)
  afterAll(async () => {
    server.kill('SIGTERM')
    await server.exited
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
      const answer = await fetch(server.url + path)
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
