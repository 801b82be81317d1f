import { getLogger } from '@logtape/logtape'
import type { AppPrincipal } from '../auth/principal'
import type { Filter } from './filter'
import type { Hub, Socket } from './hub'
import type { Topics } from './topics'

const log = getLogger(['cti', 'stream'])

/** How long an EventSource waits before it connects again. */
const RETRY_MS = 2000
const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }

export type EventStreams = ReturnType<typeof createEventStreams>

/** Serves the hub's entries as server-sent events. To the hub, a stream is one more socket. */
export function createEventStreams({ hub, topics }: { hub: Hub; topics: Topics }) {
  /** @param since last seq the client has; null sends only new entries. @param signal aborts when the client leaves. */
  return function open(principal: AppPrincipal, filter: Filter, since: number | null, signal: AbortSignal): Response {
    const encoder = new TextEncoder()
    let controller: ReadableStreamDefaultController<Uint8Array> | null = null

    const body = new ReadableStream<Uint8Array>(
      {
        start(opened) {
          controller = opened
        },
        cancel: leave,
      },
      { highWaterMark: 0, size: (chunk) => chunk?.byteLength ?? 0 },
    )
    function write(text: string): number {
      const bytes = encoder.encode(text)
      controller?.enqueue(bytes)
      return bytes.byteLength
    }
    const send = (text: string) => write(frameOf(text, since === null))
    const socket: Socket = {
      send,
      ping() {
        // TCP detects a lost peer, and the limit of buffered bytes disconnects a peer that does not read.
        hub.markAlive(subscriber)
        return write(': ping\n\n')
      },
      subscribe: (topic) => void topics.on(topic, send),
      unsubscribe: (topic) => topics.off(topic, send),
      close(code, reason) {
        write(`event: closed\ndata: ${JSON.stringify({ type: 'closed', code, reason })}\n\n`)
        leave()
      },
      terminate: leave,
      getBufferedAmount: () => -(controller?.desiredSize ?? 0),
    }
    function leave(): void {
      const open = controller
      controller = null
      hub.remove(subscriber)
      try {
        open?.close()
      } catch {
        // The client closed it first.
      }
    }

    const subscriber = hub.register(socket)
    signal.addEventListener('abort', leave, { once: true })
    write(`retry: ${RETRY_MS}\n\n`)
    hub.subscribe(subscriber, { ...principal, filter, since }).catch((error: unknown) => {
      log.error('an event stream failed: {error}', { error })
      leave()
    })
    return new Response(body, { headers: HEADERS })
  }
}

/**
 * Formats a message of the hub as a server-sent event. Entries have no `event:` line, so that `onmessage` receives all of them.
 * @param newOnly whether the client requested only new entries. Then it resumes from the `seq` of its subscription.
 */
function frameOf(text: string, newOnly: boolean): string {
  const message = JSON.parse(text) as { type?: string; seq?: number; to?: number }
  if (message.type === undefined) return `id: ${message.seq}\ndata: ${text}\n\n`
  const resumeFrom = message.type === 'gap' ? message.to : newOnly ? message.seq : undefined
  const id = resumeFrom === undefined ? '' : `id: ${resumeFrom}\n`
  return `event: ${message.type}\n${id}data: ${text}\n\n`
}
