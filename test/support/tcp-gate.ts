import { connect, createServer, type Socket } from 'node:net'

/** A door in front of a TCP server, which a test may slam: open connections are cut and new ones refused. */
export async function startGate(host: string, port: number): Promise<{ port: number; slam(): Promise<void> }> {
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
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    slam: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
