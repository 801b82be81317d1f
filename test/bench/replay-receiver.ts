/** Counts every delivery of one app's entries by `seq`, in a process of its own, and measures the delay of the others'. */

const ENTRIES = Number(process.env.ENTRIES)
const received = new Uint8Array(ENTRIES + 1)
const outOfOrder: { seq: number; after: number; at: number }[] = []
let last = 0
let count = 0
let foreign = 0
const delaysMs: number[] = []

function replayed(id: string | null, seq: number): void {
  if (!id?.endsWith(`_${seq}`) || !(seq <= ENTRIES)) {
    foreign++
    return
  }
  count++
  received[seq] = received[seq]! + 1
  if (seq !== last + 1) outOfOrder.push({ seq, after: last, at: Date.now() })
  last = seq
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/figures') {
      const unique = received.reduce((sum, times) => sum + (times > 0 ? 1 : 0), 0)
      const repeated = [...received.entries()].filter(([, times]) => times > 1)
      return Response.json({ count, unique, repeated, outOfOrder, foreign, delaysMs })
    }
    const { seq, timestamp } = (await request.json()) as { seq: number; timestamp: string }
    if (pathname === '/replayed') replayed(request.headers.get('webhook-id'), seq)
    else delaysMs.push(Date.now() - Date.parse(timestamp))
    return new Response(null, { status: 204 })
  },
})
console.log(server.port)
