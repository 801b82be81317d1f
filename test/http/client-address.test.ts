import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isHttps, openContext } from '../../src/http/plugins/request-context'

const PEER = '192.0.2.7'
const server = { requestIP: () => ({ address: PEER }) }
const address = (forwardedFor: string | null, trustProxy: number) =>
  openContext(
    new Request('http://localhost/', { headers: forwardedFor === null ? {} : { 'x-forwarded-for': forwardedFor } }),
    server,
    trustProxy,
  ).address

describe("the client's address", () => {
  test('is the one that the outermost trusted proxy saw, counted from the right, whatever the client sent before it', () => {
    const hops = fc.array(fc.ipV4(), { maxLength: 4 })
    fc.assert(
      fc.property(hops, fc.ipV4(), fc.array(fc.ipV4(), { maxLength: 3 }), (claimed, client, proxies) => {
        const chain = [...claimed, client, ...proxies].join(', ')
        expect(address(chain, proxies.length + 1)).toBe(client)
      }),
    )
  })

  test('is the peer when no proxy is trusted', () => {
    expect(address('203.0.113.1', 0)).toBe(PEER)
    expect(address('203.0.113.1, 203.0.113.2', 0)).toBe(PEER)
  })

  test('is the peer when there are fewer proxies than are trusted', () => {
    for (const chain of [null, '', ' , ']) expect(address(chain, 1)).toBe(PEER)
    expect(address('203.0.113.1', 2)).toBe(PEER)
  })
})

describe('HTTPS', () => {
  const spoken = (url: string, proto: string | null, trustProxy: number) =>
    isHttps(new Request(url, { headers: proto === null ? {} : { 'x-forwarded-proto': proto } }), trustProxy)

  test("is accepted only from the nearest trusted proxy, never from the client's own headers", () => {
    expect(spoken('http://localhost/', 'https', 1)).toBe(true)
    expect(spoken('http://localhost/', 'http, https', 1)).toBe(true)
    expect(spoken('http://localhost/', 'https, http', 1)).toBe(false)
    expect(spoken('https://localhost/', null, 1)).toBe(false)
    expect(spoken('http://localhost/', 'https', 0)).toBe(false)
    expect(spoken('https://localhost/', null, 0)).toBe(true)
  })
})
