import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { equalSecrets } from '../../src/lib/constant-time'

describe('comparing secrets', () => {
  test('says equal of the same text alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(equalSecrets(a, a)).toBe(true)
        expect(equalSecrets(a, b)).toBe(a === b)
      }),
    )
  })

  test('accepts no prefix, extension, or empty text as the secret', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (secret, more) => {
        for (const other of [secret.slice(0, -1), secret.slice(1), secret + more, more + secret, ''])
          expect([equalSecrets(secret, other), equalSecrets(other, secret)]).toEqual([false, false])
      }),
    )
  })
})
