import type { Planted } from '../mutant'

const MERGE = 'test/calls/merge.test.ts'
const PROPERTY = 'snapshots in any order, even contradictory ones, result in the same call in every field'

/** A call says something else than Dialpad did. */
export const figures: Planted[] = [
  {
    name: 'late snapshots win',
    file: 'src/lib/snapshot.ts',
    find: 'givenRank > knownRank ||',
    replace: 'true ||',
    test: MERGE,
    title: 'late snapshots never win over newer ones',
  },
  {
    name: 'first times become the latest',
    file: 'src/calls/merge.ts',
    find: '=> fold(Math.min, known, given)',
    replace: '=> fold(Math.max, known, given)',
    test: MERGE,
    title: 'first times stay the earliest',
  },
  {
    name: 'totals become the smallest',
    file: 'src/calls/merge.ts',
    find: '=> fold(Math.max, known, given)',
    replace: '=> fold(Math.min, known, given)',
    test: MERGE,
    title: 'totals the largest that any snapshot gave',
  },
  {
    name: 'a newer snapshot erases what it leaves out',
    file: 'src/lib/snapshot.ts',
    find: 'given !== null && (givenRank > knownRank',
    replace: '(givenRank > knownRank',
    test: MERGE,
    title: 'a newer snapshot that leaves everything out erases nothing',
  },
  {
    name: 'durations in milliseconds',
    file: 'src/payload/fields.ts',
    find: 'Math.round(ms / 1000)',
    replace: 'Math.round(ms)',
    test: 'test/events/processing.test.ts',
    title: 'a call from ring to recording: states, times, durations, entries',
  },
  {
    name: 'durations between times in milliseconds',
    file: 'src/lib/clock.ts',
    find: 'Math.round((to - from) / 1000)',
    replace: 'Math.round(to - from)',
    test: 'test/calls/figures.test.ts',
    title: 'without a reported one, are the seconds from answer to end',
  },
  {
    name: 'DEFAULT_REGION is ignored',
    file: 'src/calls/make.ts',
    find: 'const { region, staleCallMinutes } = config',
    replace: "const { region, staleCallMinutes } = { ...config, region: 'US' as const }",
    test: 'test/calls/region.test.ts',
    title: 'finds what Dialpad sent',
  },
  {
    name: 'ties of one instant go to whoever comes last',
    file: 'src/lib/snapshot.ts',
    find: '(givenRank === knownRank && isKnown && isAfter(given, known))',
    replace: 'givenRank === knownRank',
    test: MERGE,
    title: PROPERTY,
  },
  {
    name: 'of two states of one instant the earlier stage wins',
    file: 'src/calls/state.ts',
    find: 'return a.at - b.at || STAGES',
    replace: 'return a.at - b.at || -STAGES',
    test: MERGE,
    title: PROPERTY,
  },
  ...['=', '+', '-', '@'].map((sign) => ({
    name: `an exported text that begins with ${sign} is a formula`,
    file: 'src/lib/csv.ts',
    find: '/^[=+\\-@]$/',
    replace: `/^[${['=', '+', '\\-', '@'].filter((one) => !one.endsWith(sign)).join('')}]$/`,
    test: 'test/calls/export.test.ts',
    title: `a text that begins with ${sign} is no formula`,
  })),
]
