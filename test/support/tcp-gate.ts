import { connect, createServer, type Socket } from 'node:net'

export interface Gate {
  port: number
  /** Cuts open connections and refuses new ones. */
  slam(): Promise<void>
  /** Connections stay open, and nothing passes until `resume`. */
  pause(): void
  resume(): void
}

/** A door in front of a TCP server. */
export async function startGate(host: string, port: number): Promise<Gate> {
  let isPaused = false
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const target = connect(port, host)
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
      if (isPaused) from.pause()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    pause: () => {
      isPaused = true
      for (const socket of open) socket.pause()
    },
    resume: () => {
      isPaused = false
      for (const socket of open) socket.resume()
    },
    port: (server.address() as { port: number }).port,
    slam: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
