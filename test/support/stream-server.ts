import type { ServerWebSocket } from 'bun'

/** A stream server that does what a test tells it: it answers subscriptions, and loses, repeats or purges entries. */
export function streamServer(
  answerHttp: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 426 }),
) {
  const asked: { token: string; since?: number; user_id?: string; events?: string[] }[] = []
  const sockets = new Set<ServerWebSocket<unknown>>()
  const script = {
    refuse: (_token: string): boolean => false,
    answer: (socket: ServerWebSocket<unknown>, since: number | undefined): void => {
      socket.send(JSON.stringify({ type: 'subscribed', app_id: 'app', seq: since ?? 0 }))
    },
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, server) => (server.upgrade(request) ? undefined : answerHttp(request)),
    websocket: {
      open: (socket) => void sockets.add(socket),
      close: (socket) => void sockets.delete(socket),
      message(socket, text) {
        const message = JSON.parse(String(text))
        asked.push(message)
        if (script.refuse(message.token)) {
          socket.send(JSON.stringify({ type: 'error', code: 'token_invalid', message: 'The token has ended.' }))
          socket.close(4401, 'token_invalid')
        } else script.answer(socket, message.since)
      },
    },
  })
  return {
    asked,
    sockets,
    script,
    url: `http://127.0.0.1:${server.port}`,
    send: (...messages: object[]) => {
      for (const socket of sockets) for (const message of messages) socket.send(JSON.stringify(message))
    },
    drop: () => {
      for (const socket of sockets) socket.terminate()
    },
    stop: () => server.stop(true),
  }
}
