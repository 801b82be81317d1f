import { connect } from 'node:net'

const OPCODES = { text: 0x1, close: 0x8, ping: 0x9, pong: 0xa }

export interface RawSocket {
  /** Pings received so far. */
  pings: number
  /** Whether the connection is gone. */
  ended: boolean
  pong(): void
  close(): void
}

/** A WebSocket spoken by hand over TCP: it answers pings only when the test says so, as a peer that hangs does not. */
export function connectRaw(url: string, path: string): Promise<RawSocket> {
  const { hostname, port, host } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<RawSocket>()
  const tcp = connect(Number(port), hostname)
  const socket: RawSocket = {
    pings: 0,
    ended: false,
    // A client masks its frames; a mask of zeros leaves the empty payload as it is.
    pong: () => void tcp.write(Buffer.from([0x80 | OPCODES.pong, 0x80, 0, 0, 0, 0])),
    close: () => tcp.destroy(),
  }
  let rest: Buffer = Buffer.alloc(0)
  let upgraded = false
  tcp.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    if (!upgraded) {
      const end = rest.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!rest.toString('latin1').startsWith('HTTP/1.1 101')) return reject(new Error(rest.toString('latin1')))
      upgraded = true
      rest = rest.subarray(end + 4)
      resolve(socket)
    }
    for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
      if (frame.opcode === OPCODES.ping) socket.pings++
      rest = rest.subarray(frame.length)
    }
  })
  tcp.on('error', reject)
  tcp.on('close', () => {
    socket.ended = true
  })
  const headers = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ]
  tcp.write(`${headers.join('\r\n')}\r\n\r\n`)
  return promise
}

/** A server's frame: unmasked, here of less than 64 KiB. @returns null while it is not whole. */
function firstFrame(bytes: Buffer): { opcode: number; length: number } | null {
  if (bytes.length < 2) return null
  const short = bytes[1]! & 0x7f
  if (short === 126 && bytes.length < 4) return null
  const length = short === 126 ? 4 + bytes.readUInt16BE(2) : 2 + short
  return bytes.length < length ? null : { opcode: bytes[0]! & 0x0f, length }
}
