import { readFileSync } from 'node:fs'

/**
 * The load generator, a process of its own: `bun load.ts <JSON of Load>`. Each connection has one request under way. It
 * writes bytes and reads as much of the answers as it must, so that it takes little of the machine.
 */

export interface Load {
  url: string
  connections: number
  seconds: number
  headers?: Record<string, string>
  /** A file with one body per line, each posted once; without it the address is read. */
  bodies?: string
}
export interface LoadResult {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers other than 200. */
  refused: number
}

export const quantile = (sorted: ArrayLike<number>, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

async function run({ url, connections, seconds, headers = {}, bodies }: Load): Promise<LoadResult> {
  const { hostname, port, pathname, search } = new URL(url)
  const lines = bodies ? readFileSync(bodies, 'utf8').trimEnd().split('\n') : null
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${lines ? 'POST' : 'GET'} ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\n${fields.join('')}`
  const get = Buffer.from(`${head}\r\n`)
  const tookMs: number[] = []
  let [next, refused, open] = [0, 0, connections]
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const began = performance.now()
  const until = began + seconds * 1000

  function request(): Buffer | null {
    if (performance.now() >= until) return null
    if (!lines) return get
    const body = lines[next++]
    return body === undefined ? null : Buffer.from(`${head}content-length: ${body.length}\r\n\r\n${body}`)
  }

  for (let index = 0; index < connections; index++) {
    let sentAt = 0
    let left = 0
    let unread: Buffer = Buffer.alloc(0)
    const send = (socket: Bun.Socket) => {
      const bytes = request()
      if (bytes === null) return void socket.end()
      sentAt = performance.now()
      socket.write(bytes)
    }
    await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data(socket, chunk) {
          if (left === 0) {
            unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk])
            const headEnd = unread.indexOf('\r\n\r\n')
            if (headEnd < 0) return
            const text = unread.toString('latin1', 0, headEnd)
            if (text.slice(9, 12) !== '200') refused++
            const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
            left = headEnd + 4 + length - unread.length
            unread = Buffer.alloc(0)
          } else left -= chunk.length
          if (left > 0) return
          left = 0
          tookMs.push(performance.now() - sentAt)
          send(socket)
        },
        close: () => void (--open === 0 && end()),
        error: () => void refused++,
      },
    }).then(send)
  }
  await over
  const tookSeconds = (performance.now() - began) / 1000
  const sorted = Float64Array.from(tookMs).sort()
  return {
    requests: sorted.length,
    perSecond: sorted.length / tookSeconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    refused,
  }
}

/** Runs a load in a process of its own. */
export async function generate(load: Load): Promise<LoadResult> {
  const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify(load)], { stdout: 'pipe' })
  const text = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error('the load generator failed')
  return JSON.parse(text)
}

if (import.meta.main) console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!))))
