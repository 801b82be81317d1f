/** A small, harmful change. */
export interface Mutant {
  room: string
  /** A short name of its own: of a planted regression, what breaks; of a generated one, where and what. */
  name: string
  /** From the root of the project. */
  file: string
  start: number
  end: number
  replacement: string
  /** Test files in the order in which they are tried, in groups: the next group runs when none before noticed. */
  tests: string[][]
  /** Part of the title of a test that must fail; without it any test may. */
  title?: string | undefined
}

/** A regression planted by hand. */
export interface Planted {
  name: string
  file: string
  /** Occurs exactly once in the file. */
  find: string
  replace: string
  test: string
  /** Part of the title of the test that must fail: it names the guarantee. */
  title: string
}

type Verdict = 'caught' | 'survived' | 'timeout'

export interface Outcome {
  mutant: Mutant
  verdict: Verdict
  /** Title of the first test that failed. */
  by: string | null
}
