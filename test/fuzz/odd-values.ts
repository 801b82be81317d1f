import type { Random } from '../faults/random'

/** Values that have broken servers: in texts, numbers, instants and JSON. */

export const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfffy',
  '\u202e\u200f',
  '\ufeffBOM',
  '👩‍👩‍👧‍👦'.repeat(40),
  'x'.repeat(101),
  'x'.repeat(3000),
  // With what else is in a request it stays below 16 KiB: more the HTTP server itself answers with 431.
  'ÄÖÜß'.repeat(300),
  "' OR 1=1 --",
  '%',
  '_%\\',
  '*'.repeat(60),
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  'true',
  '[object Object]',
  '\r\nset-cookie: a=b',
  '0x10',
  '1e1',
  ' 5 ',
  '+5',
  '-1',
  '٣',
  '1.5',
  '9007199254740993',
  '99999999999999999999',
  '2026-13-45T25:61:61Z',
  '+275760-09-13T00:00:00.000Z',
  '-271821-04-20T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '1999-01-01',
  '253402300800000',
  'call.*',
  '+15551234567',
  'Only',
  'raw_',
]
/** Percent-encoded, as no client library would. */
export const ODD_PATHS = ['%00', '%ED%A0%80', '%C0%AF', '%2e%2e%2f', '%F0%9F%98', 'a%00b', '%25', '%E2%80%AE']

const ODD_JSON: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  '1e1',
  [],
  {},
  [[[[[[]]]]]],
  { toString: 'x', __proto__: null },
  ['+15551234567', null],
]

export const oneOf = <Value>(random: Random, values: readonly Value[]): Value =>
  values[random.between(0, values.length - 1)] as Value

export function oddJson(random: Random): unknown {
  const kind = random.between(0, 9)
  if (kind < 4) return oneOf(random, ODD_JSON)
  if (kind < 9) return oneOf(random, ODD_TEXTS)
  let deep: unknown = oneOf(random, ODD_TEXTS)
  for (let depth = 0; depth < 200; depth++) deep = random.isOneIn(2) ? [deep] : { a: deep }
  return deep
}
