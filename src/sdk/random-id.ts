/** Returns 96 random bits in hex. `crypto.randomUUID` exists only on secure pages; this also works on plain HTTP. */
export const randomId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
