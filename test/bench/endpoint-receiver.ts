/** Receives deliveries of any number of endpoints, in a process of its own, and says how late they were. */

let delaysMs: number[] = []

const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: '127.0.0.1',
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/up') return new Response()
    if (pathname === '/figures') {
      const sorted = delaysMs.toSorted((a, b) => a - b)
      delaysMs = []
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
      return Response.json({ count: sorted.length, median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) })
    }
    const { timestamp } = (await request.json()) as { timestamp: string }
    delaysMs.push(Date.now() - Date.parse(timestamp))
    return new Response(null, { status: 204 })
  },
})
console.log(server.port)
