import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { parseTar } from 'nanotar'
import { type ServerProcess, startBinary } from '../support/process'
import { scratchDir } from '../support/scratch'

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
    const wanted = ['/console', '/sdk/example', '/sdk/cti.js', '/sdk/react.js', '/sdk/types/']
    const seen = new Set<string>()
    for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const answer = await fetch(server.url + path)
      expect([path, answer.status]).toEqual([path, 200])
      const text = await answer.text()
      expect(text.length).toBeGreaterThan(20)
      const base = path.endsWith('.ts') || path.endsWith('.js') ? `${path.slice(0, path.lastIndexOf('/'))}/` : '/'
      const asked = path.endsWith('.d.ts')
        ? [...text.matchAll(/from '(\.[^']+)'/g)].map((match) => match[1]!.replace(/\.js$/, '.d.ts'))
        : [...text.matchAll(/(?:from|import)\s*"(\.\/chunk-[^"]+)"|(?:src|href)="(\/[^"]+)"/g)].map(
            (match) => match[1] ?? match[2]!,
          )
      for (const name of asked) wanted.push(new URL(name, `http://x${base}`).pathname)
    }
    expect(seen.size).toBeGreaterThan(12)
  })

  test('serves both npm packages from the binary, revalidated by ETag', async () => {
    for (const name of ['cti-client', 'cti-react']) {
      const answer = await fetch(`${server.url}/sdk/${name}.tgz`)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/gzip'])
      const files = parseTar(Bun.gunzipSync(await answer.arrayBuffer()))
      const names = files.map(({ name }) => name)
      expect(names).toContain('package/package.json')
      expect(names.every((name) => name.startsWith('package/'))).toBe(true)
      // A time of packing would change the hash that lockfiles remember.
      expect(files.every(({ attrs }) => attrs?.mtime === 0)).toBe(true)
      const again = await fetch(`${server.url}/sdk/${name}.tgz`, {
        headers: { 'if-none-match': answer.headers.get('etag')! },
      })
      expect(again.status).toBe(304)
    }
  })

  test('sends cti.js in at most 36 kB', async () => {
    const answer = await fetch(`${server.url}/sdk/cti.js`, {
      headers: { 'accept-encoding': 'gzip' },
      decompress: false,
    })
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    let bytes = (await answer.arrayBuffer()).byteLength
    const script = await (await fetch(`${server.url}/sdk/cti.js`)).text()
    for (const [, chunk] of script.matchAll(/from\s*"\.\/(chunk-[^"]+)"/g)) {
      const part = await fetch(`${server.url}/sdk/${chunk}`, {
        headers: { 'accept-encoding': 'gzip' },
        decompress: false,
      })
      bytes += (await part.arrayBuffer()).byteLength
    }
    expect(bytes).toBeLessThanOrEqual(36_000)
  })
})
