import { afterEach, describe, expect, test } from 'bun:test'
import { createServer, type Socket } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { createSender } from '../../src/endpoints/sender'
import { makeSecret } from '../../src/endpoints/signature'

const secret = makeSecret()
const never = new AbortController().signal
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const posting = (url: string) => ({ url, secrets: [secret], id: 'endpoint_1', body: '{"seq":1}' })
const sender = (settings: Partial<Parameters<typeof createSender>[0]> = {}) =>
  createSender({ allowPrivate: true, clock: Date.now, ...settings })

function serve(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 30, fetch: answer })
  stops.push(() => server.stop(true))
  return `http://127.0.0.1:${server.port}/hook`
}
/** A server that is none of HTTP's. */
async function raw(onData: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => onData(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
}

test('the request has what receivers verify, and the name of the URL', async () => {
  let seen: { headers: Record<string, string>; body: string } | undefined
  const url = serve(async (request) => {
    seen = { headers: Object.fromEntries(request.headers), body: await request.text() }
    return new Response('thanks', { status: 202 })
  })
  const { port } = new URL(url)
  const attempt = await sender({ resolve: async () => ['127.0.0.1'] })(
    posting(`http://crm.example.com:${port}/hook`),
    never,
  )
  expect(attempt).toMatchObject({ responseStatus: 202, responseBody: 'thanks', error: null })
  expect(new Webhook(secret).verify(seen!.body, seen!.headers)).toEqual({ seq: 1 })
  expect(seen!.headers).toMatchObject({ host: `crm.example.com:${port}`, 'content-type': 'application/json' })
})

describe('answers of every kind', () => {
  test.each([301, 302, 307, 308])('%d is a failure, and nothing is sent on', async (status) => {
    let asked = 0
    const elsewhere = serve(() => {
      asked++
      return new Response()
    })
    const url = serve(() => new Response(null, { status, headers: { location: elsewhere } }))
    expect(await sender()(posting(url), never)).toMatchObject({
      responseStatus: status,
      error: `Status ${status}. Redirects are not followed.`,
    })
    expect(asked).toBe(0)
  })

  test('a response of 100 MB is cut off after its first KiB', async () => {
    let sent = 0
    const chunk = new Uint8Array(64 * 1024).fill(97)
    const url = serve(
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              sent += chunk.byteLength
              if (sent > 100 * 1024 * 1024) controller.close()
              else controller.enqueue(chunk)
            },
          }),
        ),
    )
    const attempt = await sender()(posting(url), never)
    expect(attempt).toMatchObject({ responseStatus: 200, error: null })
    expect(attempt.responseBody).toBe('a'.repeat(1024))
    expect(sent).toBeLessThan(50 * 1024 * 1024)
  })

  test('a body that never ends does not hold up a 200', async () => {
    const url = serve(() => new Response(new ReadableStream({ start: (controller) => controller.enqueue('begun') })))
    const attempt = await sender()(posting(url), never)
    expect(attempt).toMatchObject({ responseStatus: 200, responseBody: 'begun', error: null })
  })

  test('bytes that are no text, and NUL, become text that both databases hold', async () => {
    const url = serve(() => new Response(new Uint8Array([0, 255, 254, 97, 0])))
    expect((await sender()(posting(url), never)).responseBody).toBe('\uFFFD\uFFFDa')
  })

  test('no response within the time is a failure', async () => {
    const url = serve(() => new Promise(() => {}))
    const attempt = await sender({ timeoutMs: 200 })(posting(url), never)
    expect(attempt).toMatchObject({ responseStatus: null, responseBody: null, error: 'No response within 0.2 s.' })
  })

  test('a name that is never resolved is a failure in time', async () => {
    const send = sender({ timeoutMs: 100, resolve: () => new Promise(() => {}) })
    expect((await send(posting('http://crm.example.com/'), never)).error).toBe('No response within 0.1 s.')
  })

  test.each([
    ['garbage', (socket: Socket) => socket.end('garbage garbage\r\n\r\n'), 'The response is not valid HTTP'],
    ['nothing at all', (socket: Socket) => socket.destroy(), 'The connection was closed without a response.'],
    ['headers without end', (socket: Socket) => endless(socket), /not valid HTTP|No response within/],
  ] as const)('%s is a failure', async (_what, answer, reason) => {
    const attempt = await sender({ timeoutMs: 3000 })(posting(await raw(answer)), never)
    expect(attempt.responseStatus).toBeNull()
    expect(attempt.error!).toMatch(reason)
  })

  test('a closed port and an unknown name are reported', async () => {
    expect((await sender()(posting('http://127.0.0.1:1/'), never)).error).toBe('The connection was refused.')
    const unknown = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
    const attempt = await sender({ resolve: unknown })(posting('http://crm.example.com/'), never)
    expect(attempt.error).toBe('Could not resolve the host name.')
  })
})

describe('where a delivery may go', () => {
  test('a name with a private address is refused, and nothing is connected', async () => {
    let asked = 0
    const { port } = new URL(
      serve(() => {
        asked++
        return new Response()
      }),
    )
    for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::ffff:127.0.0.1']]) {
      const send = sender({ allowPrivate: false, resolve: async () => addresses })
      expect((await send(posting(`http://crm.example.com:${port}/`), never)).error).toContain('private address')
    }
    expect(asked).toBe(0)
  })

  test('a name is resolved once, and the connection goes to the address that was checked', async () => {
    const url = serve(() => new Response('checked'))
    let lookups = 0
    const resolve = async () => (lookups++ === 0 ? ['127.0.0.1'] : ['127.0.0.2'])
    const attempt = await sender({ resolve })(posting(`http://rebind.example.com:${new URL(url).port}/`), never)
    expect([attempt.responseBody, lookups]).toEqual(['checked', 1])
  })

  test('when an address refuses the connection, the next one is tried', async () => {
    const url = serve(() => new Response('ok'))
    const send = sender({ resolve: async () => ['::1', '127.0.0.1'] })
    expect((await send(posting(`http://crm.example.com:${new URL(url).port}/`), never)).error).toBeNull()
  })
})

test('a canceled delivery is neither delivered nor failed', async () => {
  const abort = new AbortController()
  const url = serve(() => new Promise(() => {}))
  const sending = sender()(posting(url), abort.signal)
  abort.abort()
  await expect(sending).rejects.toThrow()
})

function endless(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n')
  const more = () => {
    if (!socket.destroyed) socket.write(`x-more: ${'y'.repeat(10_000)}\r\n`, () => setImmediate(more))
  }
  more()
}
