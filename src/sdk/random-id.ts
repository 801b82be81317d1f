/** 96 random bits in hex. `crypto.randomUUID` exists on secure pages only; this works on plain HTTP in a closed network too. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
