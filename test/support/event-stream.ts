import { until } from './until'

export interface StreamedEvent {
  id: string | null
  event: string | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into entries of every shape
  data: any
}

export interface TestEventStream {
  status: number
  headers: Headers
  /** Every event so far, and the number of comments. */
  events: StreamedEvent[]
  comments: number
  /** Whether the server closed it. */
  ended: boolean
  next(fits: (event: StreamedEvent) => boolean): Promise<StreamedEvent>
  close(): void
}

/** A client of server-sent events that keeps what it receives. */
export async function openEventStream(url: string, headers: Record<string, string> = {}): Promise<TestEventStream> {
  const abort = new AbortController()
  const response = await fetch(url, { headers, signal: abort.signal })
  const stream: TestEventStream = {
    status: response.status,
    headers: response.headers,
    events: [],
    comments: 0,
    ended: false,
    async next(fits) {
      await until('an event of the stream', () => stream.events.some(fits))
      return stream.events.find(fits)!
    },
    close: () => abort.abort(),
  }
  const read = async () => {
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) receive(stream, block)
    }
  }
  read()
    .catch(() => {})
    .finally(() => {
      stream.ended = true
    })
  return stream
}

function receive(stream: TestEventStream, block: string): void {
  const lines = block.split('\n')
  if (lines.some((line) => line.startsWith(':'))) stream.comments++
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null
  const data = field('data')
  if (data !== null) stream.events.push({ id: field('id'), event: field('event'), data: JSON.parse(data) })
}

/** The entries alone, without what the server says of the stream itself. */
export const entriesOf = (stream: TestEventStream) =>
  stream.events.filter(({ event }) => event === null).map(({ data }) => data)
