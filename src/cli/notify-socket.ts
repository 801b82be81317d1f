import { dlopen, FFIType, ptr } from 'bun:ffi'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_NOSIGNAL = 0x4000

const { i32, u32, i64, u64, ptr: pointer } = FFIType

const openLibc = () =>
  dlopen('libc.so.6', {
    socket: { args: [i32, i32, i32], returns: i32 },
    sendto: { args: [i32, pointer, u64, i32, pointer, u32], returns: i64 },
    close: { args: [i32], returns: i32 },
  }).symbols
let libc: ReturnType<typeof openLibc> | undefined

/**
 * Sends a datagram to a Unix socket on Linux, as systemd requires for notifications. Bun has no datagram sockets for Unix
 * paths. The command `systemd-notify` runs as a separate process, which systemd ignores without `NotifyAccess=all`.
 * @param path path of the socket; an abstract socket starts with `@`. @throws if the datagram cannot be sent.
 */
export function sendDatagram(path: string, text: string): void {
  libc ??= openLibc()
  const handle = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (handle < 0) throw new Error('no socket')
  const message = Buffer.from(text)
  const address = addressOf(path)
  const sent = libc.sendto(handle, ptr(message), message.length, MSG_NOSIGNAL, ptr(address), address.length)
  libc.close(handle)
  if (Number(sent) !== message.length) throw new Error(`the socket ${path} rejected the datagram`)
}

/** `sockaddr_un`: the family, then the path and a NUL, or a NUL and the abstract name. */
function addressOf(path: string): Buffer {
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`
  const family = Buffer.alloc(2)
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX
  return Buffer.concat([family, Buffer.from(name)])
}
