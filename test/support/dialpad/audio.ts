/** Silence in the formats that Dialpad records in: the first bytes are what a player, or a check, goes by. */

const SAMPLE_RATE = 8000

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz: an ID3 header and frames of 417 bytes. */
export function mp3(frames = 20): Uint8Array<ArrayBuffer> {
  const id3 = [0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0]
  const frame = [0xff, 0xfb, 0x90, 0x64, ...Array<number>(413).fill(0)]
  return new Uint8Array([...id3, ...Array.from({ length: frames }, () => frame).flat()])
}

/** PCM, 16 bit, one channel. */
export function wav(seconds = 1): Uint8Array<ArrayBuffer> {
  const dataBytes = seconds * SAMPLE_RATE * 2
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + dataBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(SAMPLE_RATE, 24)
  header.writeUInt32LE(SAMPLE_RATE * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes, 40)
  return new Uint8Array([...header, ...new Uint8Array(dataBytes)])
}
