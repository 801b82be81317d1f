import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { verifyBody } from '../../src/events/verify'
import type { DomainError } from '../../src/lib/errors'
import { mutationOf } from '../support/mutations'
import { hmac, sign } from '../support/server'

/** Long enough for HS512: a refusal is of the algorithm, not of a short key. */
const SECRET = 'a webhook secret of sixty-four characters and more, for HS512 too'
const PAYLOAD = { call_id: 1, state: 'ringing' }
const JSON_BODY = JSON.stringify(PAYLOAD)
const bytes = (text: string) => new TextEncoder().encode(text)

const check = (body: string, { signature = null as string | null, secrets = [SECRET], hmacAllowed = true } = {}) =>
  Promise.try(() => verifyBody(bytes(body), signature, secrets, hmacAllowed)).then(
    ({ json }) => json,
    (error: DomainError) => error.code,
  )

describe('a JWT body', () => {
  test('is accepted as HS256 alone: HS384, HS512 and none are refused under the very same secret', async () => {
    expect(await check(await sign(PAYLOAD, SECRET))).toBe(JSON_BODY)
    for (const alg of ['HS384', 'HS512'])
      expect(await check(await sign(PAYLOAD, SECRET, alg))).toBe('signature_invalid')
    for (const alg of ['none', 'None', '']) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      const [, payload, signature] = (await sign(PAYLOAD, SECRET)).split('.')
      for (const end of ['', signature]) expect(await check(`${header}.${payload}.${end}`)).toBe('signature_invalid')
    }
  })

  test('is refused when its header names another algorithm or an extension, although the bytes are signed as HS256', async () => {
    const signedAs = (header: object) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const input = `${part(header)}.${part(PAYLOAD)}`
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
    }
    expect(await check(signedAs({ alg: 'HS256' }))).toBe(JSON_BODY)
    for (const header of [{ alg: 'HS384' }, { alg: 'none' }, { typ: 'JWT' }, { alg: 'HS256', crit: ['b64'] }])
      expect(await check(signedAs(header))).toBe('signature_invalid')
  })

  test('is accepted under either of two secrets, and under no third, no prefix and no empty one', async () => {
    const jwt = await sign(PAYLOAD, SECRET)
    expect(await check(jwt, { secrets: ['another', SECRET] })).toBe(JSON_BODY)
    expect(await check(jwt, { secrets: [SECRET, 'another'] })).toBe(JSON_BODY)
    expect(await check(jwt, { secrets: [] })).toBe('signature_invalid')
    for (const other of ['another', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase()])
      expect(await check(jwt, { secrets: [other] })).toBe('signature_invalid')
  })

  test('is refused with any one character changed, added or lost', async () => {
    const jwt = await sign(PAYLOAD, SECRET)
    await fc.assert(
      fc.asyncProperty(mutationOf(jwt), async (mutant) => {
        expect(['signature_invalid', 'body_malformed']).toContain(await check(mutant))
      }),
    )
  })
})

describe('a JSON body', () => {
  const signature = hmac(JSON_BODY, SECRET)

  test('is refused whatever its signature where only JWT bodies are accepted', async () => {
    expect(await check(JSON_BODY, { signature })).toBe(JSON_BODY)
    expect(await check(JSON_BODY, { signature, hmacAllowed: false })).toBe('signature_invalid')
    expect(await check(await sign(PAYLOAD, SECRET), { hmacAllowed: false })).toBe(JSON_BODY)
  })

  test('is accepted under either of two secrets, and under no third', async () => {
    for (const secrets of [
      ['another', SECRET],
      [SECRET, 'another'],
    ])
      expect(await check(JSON_BODY, { signature, secrets })).toBe(JSON_BODY)
    for (const secrets of [[], ['another'], [SECRET.slice(0, -1)]])
      expect(await check(JSON_BODY, { signature, secrets })).toBe('signature_invalid')
  })

  test('is refused with a signature of another body, cut, empty or with any one digit changed', async () => {
    for (const wrong of [
      null,
      '',
      'sha256=',
      hmac(`${JSON_BODY} `, SECRET),
      signature.slice(0, 32),
      signature.slice(2),
      `${signature}zz`,
    ])
      expect(await check(JSON_BODY, { signature: wrong })).toBe('signature_invalid')
    for (const [form, prefix] of [
      ['hex', ''],
      ['hex', 'sha256='],
      ['base64', ''],
    ] as const) {
      const given = hmac(JSON_BODY, SECRET, form)
      await fc.assert(
        fc.asyncProperty(fc.nat(41), fc.constantFrom(...'0123456789abcdef'), async (at, digit) => {
          fc.pre(given[at] !== digit)
          const altered = prefix + given.slice(0, at) + digit + given.slice(at + 1)
          expect(await check(JSON_BODY, { signature: altered })).toBe('signature_invalid')
        }),
      )
    }
  })

  test('is refused with any one byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: JSON_BODY.length - 1 }),
        fc.constantFrom(...'0aZ" '),
        async (at, other) => {
          fc.pre(JSON_BODY[at] !== other)
          const altered = JSON_BODY.slice(0, at) + other + JSON_BODY.slice(at + 1)
          expect(await check(altered, { signature })).toBe('signature_invalid')
        },
      ),
    )
  })
})
