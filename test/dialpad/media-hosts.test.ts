import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostCheck } from '../../src/dialpad/media/requests'

const DIALPAD = 'https://dialpad.com'
const isAllowed = (address: string, base = DIALPAD) => hostCheck(base)(new URL(address, base))

describe("the hosts a recording is fetched from with the server's token", () => {
  test.each([
    'https://dialpad.com/blob/x',
    'https://sandbox.dialpad.com/blob/x',
    'https://a.b.dialpad.com/blob/x',
    'https://dialpad.com:443/blob/x',
    'HTTPS://DIALPAD.COM/blob/x',
    '/blob/x',
  ])('%s is one', (address) => {
    expect(isAllowed(address)).toBe(true)
    expect(isAllowed(address, 'https://sandbox.dialpad.com')).toBe(true)
  })

  test.each([
    ['another domain that ends like it', 'https://evildialpad.com/x'],
    ['a domain that begins like it', 'https://dialpad.com.evil.com/x'],
    ['a domain that contains it', 'https://x.dialpad.com.evil.com/x'],
    ['another top-level domain', 'https://dialpad.co/x'],
    ['another domain with it in its path', 'https://evil.com/dialpad.com'],
    ['another domain with it in its query', 'https://evil.com/?.dialpad.com'],
    ['another domain with it in its fragment', 'https://evil.com/#.dialpad.com'],
    ['another domain behind a backslash', 'https://evil.com\\.dialpad.com/x'],
    ['a relative address of another host', '//evil.com/x'],
    ['plain HTTP', 'http://dialpad.com/x'],
    ['plain HTTP on the port of HTTPS', 'http://dialpad.com:443/x'],
    ['plain HTTP of a subdomain', 'http://sandbox.dialpad.com/x'],
    ['a web socket', 'wss://dialpad.com/x'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:audio/mpeg;base64,AAAA'],
    ['another port', 'https://dialpad.com:8443/x'],
    ['the port of plain HTTP', 'https://dialpad.com:80/x'],
    ['another port of a subdomain', 'https://sandbox.dialpad.com:444/x'],
    ['a user', 'https://user@dialpad.com/x'],
    ['a password', 'https://:password@dialpad.com/x'],
    ['a user that looks like it', 'https://dialpad.com@evil.com/x'],
    ['a host with a dot at its end', 'https://dialpad.com./x'],
    ['an address of this machine', 'http://127.0.0.1/x'],
    ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data'],
  ])('%s is none', (_what, address) => {
    expect(isAllowed(address)).toBe(false)
    expect(isAllowed(address, 'https://sandbox.dialpad.com')).toBe(false)
  })

  test('no name that is not under dialpad.com is one, whatever it ends with', () => {
    fc.assert(
      fc.property(fc.domain(), fc.stringMatching(/^[a-z0-9-]{0,5}[a-z0-9]$/), (domain, before) => {
        fc.pre(domain !== 'dialpad.com' && !domain.endsWith('.dialpad.com'))
        expect(isAllowed(`https://${domain}/x`)).toBe(false)
        fc.pre(URL.canParse(`https://${before}dialpad.com/x`))
        expect(isAllowed(`https://${before}dialpad.com/x`)).toBe(false)
        expect(isAllowed(`https://dialpad.com.${domain}/x`)).toBe(false)
      }),
    )
  })

  test("a base address that is not Dialpad's allows its own origin alone", () => {
    const base = 'http://127.0.0.1:4100'
    expect(isAllowed('/blob/x', base)).toBe(true)
    expect(isAllowed('http://127.0.0.1:4100/blob/x', base)).toBe(true)
    for (const address of [
      'http://127.0.0.1:4101/x',
      'https://127.0.0.1:4100/x',
      'http://localhost:4100/x',
      'http://user@127.0.0.1:4100/x',
      'https://dialpad.com/x',
      'https://sandbox.dialpad.com/x',
    ])
      expect(isAllowed(address, base)).toBe(false)
  })
})
