import { connect } from 'node:net'
import type { Entry } from './listener'

const TEXT = 0x1
const CLOSE = 0x8

/** A client that stops reading, which a WebSocket of the runtime cannot: a socket spoken by hand over TCP. */
export function connectPausing(url: string, apiKey: string, since: number) {
  const { hostname, port, host } = new URL(url)
  const seqs: number[] = []
  let rest: Buffer = Buffer.alloc(0)
  let isOpen = false
  let closeCode: number | null = null
  const tcp = connect(Number(port), hostname)
  const ended = new Promise<void>((resolve) => tcp.on('close', () => resolve()))

  tcp.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    if (!isOpen) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      isOpen = true
      rest = rest.subarray(end + 4)
    }
    for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
      rest = rest.subarray(frame.length)
      if (frame.opcode === CLOSE) closeCode = frame.payload.readUInt16BE(0)
      if (frame.opcode !== TEXT) continue
      const message = JSON.parse(frame.payload.toString()) as Entry & { type?: string }
      if (message.type === undefined) seqs.push(message.seq)
    }
  })
  tcp.on('error', () => {})
  tcp.write(
    `GET /ws?api_key=${apiKey}&since=${since} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  return {
    seqs,
    closeCode: () => closeCode,
    isOpen: () => isOpen,
    stopReading: () => void tcp.pause(),
    /** Reads what is left until the connection ends. */
    async readOn(): Promise<void> {
      tcp.resume()
      await ended
    },
    destroy: () => void tcp.destroy(),
  }
}

/** A server's frame, unmasked and whole; null while it is not. */
function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 2) return null
  const short = bytes[1]! & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return null
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + size) return null
  return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(head, head + size), length: head + size }
}
