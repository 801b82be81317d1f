/** Numbers that look random and are the same for the same seed: a run with a fault in it can be repeated. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number
  /** An integer from `low` up to and including `high`. */
  between(low: number, high: number): number
  isOneIn(count: number): boolean
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    isOneIn: (count) => next() * count < 1,
  }
}
