import { connectPausing } from '../faults/pausing-client'
import type { Random } from '../faults/random'

/** Clients of every kind on one server, which come, stay, stop reading and go for as long as the soak lasts. */

export const TOKEN_SECONDS = 300
const AGAIN_MS = 500
/** How long a browser stays on a page, on average. */
const PAGE_MS = 10 * 60_000
/** A slow client reads for a while in each cycle, then not. */
const READS_MS = 5_000
const UNREAD_MS = 30_000
/** What vanished stays silent until the server cuts it off; then another one comes. */
const VANISHES_AFTER_MS = 3_000

interface Crowd {
  connections: number
  entries: number
  closes: Record<string, number>
  faults: string[]
}

export function startCrowd(url: string, random: Random) {
  const crowd: Crowd = { connections: 0, entries: 0, closes: {}, faults: [] }
  const stops = new Set<() => void>()
  let isOver = false
  const address = url.replace(/^http/, 'ws')

  /** @param credential asked for at each connection. @param everySeq whether no entry may be missing between two. */
  function stay(credential: () => Promise<string>, everySeq: boolean, staysMs: () => number): void {
    let last: number | null = null
    const open = async () => {
      if (isOver) return
      const query: string | null = await credential().catch(() => null)
      if (query === null) return void setTimeout(open, AGAIN_MS)
      crowd.connections++
      const socket = new WebSocket(`${address}/ws?${query}${last === null ? '' : `&since=${last}`}`)
      const leave = () => socket.close()
      stops.add(leave)
      const timer = setTimeout(leave, staysMs())
      socket.onmessage = ({ data }) => {
        const { seq, type } = JSON.parse(String(data)) as { seq?: number; type?: string }
        if (type === 'subscribed') last ??= seq!
        if (type !== undefined) return
        crowd.entries++
        if (everySeq ? seq !== last! + 1 : seq! <= last!) crowd.faults.push(`${seq} came after ${last}`)
        last = seq!
      }
      socket.onerror = () => {}
      socket.onclose = ({ code }) => {
        clearTimeout(timer)
        stops.delete(leave)
        crowd.closes[code] = (crowd.closes[code] ?? 0) + 1
        setTimeout(open, AGAIN_MS)
      }
    }
    void open()
  }

  /** A server-sent stream, read to its end and opened again. */
  function stream(apiKey: string): void {
    const open = async () => {
      if (isOver) return
      crowd.connections++
      const over = new AbortController()
      const leave = () => over.abort()
      stops.add(leave)
      const timer = setTimeout(leave, random.between(1, PAGE_MS))
      try {
        const answer = await fetch(`${url}/api/events/stream?api_key=${apiKey}`, { signal: over.signal })
        for await (const chunk of answer.body!) crowd.entries += chunk.length > 0 ? 1 : 0
      } catch {
        // Left, or the server ended it.
      }
      clearTimeout(timer)
      stops.delete(leave)
      setTimeout(open, AGAIN_MS)
    }
    void open()
  }

  /** Stops reading again and again, and comes back for what it missed. */
  async function crawl(apiKey: string): Promise<void> {
    let last = Number.MAX_SAFE_INTEGER
    while (!isOver) {
      const client = connectPausing(url, apiKey, last)
      crowd.connections++
      await Bun.sleep(READS_MS)
      client.stopReading()
      await Bun.sleep(UNREAD_MS + random.between(0, UNREAD_MS))
      client.destroy()
      crowd.entries += client.seqs.length
      last = client.seqs.at(-1) ?? last
    }
  }

  /** Says nothing any more, not even goodbye. */
  async function vanish(apiKey: string): Promise<void> {
    while (!isOver) {
      const client = connectPausing(url, apiKey, Number.MAX_SAFE_INTEGER)
      crowd.connections++
      await Bun.sleep(VANISHES_AFTER_MS)
      client.stopReading()
      await Bun.sleep(100_000)
      client.destroy()
    }
  }

  return {
    crowd,
    /** A person's browser: a token for one user, a new one when it has ended. */
    browser: (token: () => Promise<string>) =>
      stay(
        async () => `token=${await token()}`,
        false,
        () => random.between(1, 2 * PAGE_MS),
      ),
    /** An app's own backend, which hears everything. */
    backend: (apiKey: string) =>
      stay(
        async () => `api_key=${apiKey}`,
        true,
        () => 2 ** 31 - 1,
      ),
    stream,
    crawl: (apiKey: string) => void crawl(apiKey),
    vanish: (apiKey: string) => void vanish(apiKey),
    stop(): void {
      isOver = true
      for (const leave of [...stops]) leave()
    },
  }
}
