import { until } from './until'

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
type Message = any

export interface TestSocket {
  messages: Message[]
  closed: { code: number; reason: string } | null
  send(message: unknown): void
  /** Resolves with the first message, past or to come, that fits. */
  next(fits: (message: Message) => boolean): Promise<Message>
  ended(): Promise<{ code: number; reason: string }>
  close(): void
}

/** A WebSocket client that keeps what it hears. */
export async function connect(url: string, headers: Record<string, string> = {}): Promise<TestSocket> {
  const options = { headers } as unknown as string[]
  const socket = new WebSocket(url.replace(/^http/, 'ws'), options)
  const heard: TestSocket = {
    messages: [],
    closed: null,
    send: (message) =>
      socket.send(message instanceof Blob || typeof message === 'string' ? message : JSON.stringify(message)),
    async next(fits) {
      await until('a socket message', () => heard.messages.some(fits))
      return heard.messages.find(fits)
    },
    async ended() {
      await until('the socket to close', () => heard.closed !== null)
      return heard.closed!
    },
    close: () => socket.close(),
  }
  socket.onmessage = ({ data }) => heard.messages.push(JSON.parse(String(data)))
  socket.onclose = ({ code, reason }) => {
    heard.closed = { code, reason }
  }
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('the socket was refused'))
  })
  return heard
}

export const entries = (socket: TestSocket): Message[] => socket.messages.filter((message) => 'event' in message)
