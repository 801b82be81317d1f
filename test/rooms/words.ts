/** Words we do not use, each with what to write instead. Applies to src/, docs/ and the titles of tests. */
export interface Word {
  pattern: RegExp
  instead: string
}

export const AVOIDED: readonly Word[] = [
  { pattern: /\btold\b/, instead: 'say what happens: notify, report, publish' },
  { pattern: /\b(heard|hears)\b/, instead: 'receive' },
  { pattern: /\btells?\b/, instead: 'report, describe, distinguish' },
  { pattern: /\b(whoever|nothing of it|as it stands|in the clear|amid|thrice)\b/, instead: 'plain words' },
  { pattern: /\bgoing on\b/, instead: 'in progress' },
  { pattern: /\bin hand\b/, instead: 'in progress' },
  { pattern: /\bfor ever\b/, instead: 'forever, or no limit' },
  { pattern: /\btelephones?\b/i, instead: 'phone' },
  { pattern: /\bwrongWith\b/, instead: 'check' },
  { pattern: /\b(const|let|function) (keeping|reading)\b/, instead: 'a noun or an imperative verb' },
  { pattern: /\bPlaced\b/, instead: 'position' },
  { pattern: /\bcrmUserOf\b/, instead: 'lookup' },
  { pattern: /\bopensWith\b/, instead: 'isValid' },
  { pattern: /\bspend(s|ing)?\b/, instead: 'use' },
  { pattern: /\btakeIn\b/, instead: 'import, add, store' },
  { pattern: /\b[A-Z_]*EVERY_MS\b/, instead: 'a constant that says what it bounds, such as POLL_INTERVAL_MS' },
  { pattern: /\bis no phone number\b/, instead: 'Invalid phone number' },
  { pattern: /\bis not known here\b/, instead: 'unknown field, unknown parameter' },
  { pattern: /\bmend(s|ed|ing)?\b/i, instead: 'fix, repair' },
  { pattern: /\banew\b/i, instead: 'again' },
  { pattern: /\bto be had\b/i, instead: 'available' },
  { pattern: /\bunless given\b/i, instead: 'default …' },
  { pattern: /\bin any spelling\b/i, instead: 'in any format' },
  { pattern: /\bcall[ -]centres?\b|\bcentre\b/i, instead: 'center' },
  {
    pattern:
      /\b(un|de)?(organ|author|normal|recogn|initial|serial|summar|custom|minim|optim|synchron)is(e|ed|es|ing|ation|ations)\b/i,
    instead: '-ize',
  },
  { pattern: /\bcolour|\bbehaviour|\bfavour|\bneighbour|\blabour/i, instead: '-or' },
  { pattern: /\bcancell(ed|ing)\b/i, instead: 'canceled, canceling' },
  { pattern: /\b(whilst|amongst|upon|whosever)\b/i, instead: 'while, among, on, whose' },
]
