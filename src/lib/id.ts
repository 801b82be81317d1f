/** Creates a UUIDv7, which sorts by its creation time. */
export const newId = (): string => Bun.randomUUIDv7()
