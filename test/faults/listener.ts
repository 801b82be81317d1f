/** A client of the live entries: on a socket, and after each break with `since` on the next one. */

const AGAIN_MS = 100

export interface Entry {
  event: string
  seq: number
  call_id?: number
  message_id?: number
  [field: string]: unknown
}

export type Listener = ReturnType<typeof startListener>

/** @param urlOf the address of the n-th connection. */
export function startListener(urlOf: (n: number) => string, apiKey: string) {
  const seqs: number[] = []
  const faults: string[] = []
  let connections = 0
  let last = 0
  let isOver = false
  let socket: WebSocket | undefined

  function open(): void {
    if (isOver) return
    const url = `${urlOf(connections++).replace(/^http/, 'ws')}/ws?api_key=${apiKey}&since=${last}`
    socket = new WebSocket(url)
    const own = socket
    own.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as Entry & { type?: string }
      if (message.type === 'gap') faults.push(`a gap was announced: ${String(data)}`)
      // What the server could not do now it does for the next connection.
      else if (message.type === 'error') own.close()
      if (message.type !== undefined) return
      if (message.seq !== last + 1) faults.push(`${message.seq} came after ${last}`)
      last = message.seq
      seqs.push(last)
    }
    own.onclose = () => void setTimeout(open, AGAIN_MS)
    own.onerror = () => {}
  }
  open()

  return {
    faults,
    last: () => last,
    connections: () => connections,
    stop(): void {
      isOver = true
      socket?.close()
    },
  }
}
