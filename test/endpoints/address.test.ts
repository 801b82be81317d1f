import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  AddressRefused,
  allowedAddresses,
  isPublicAddress,
  systemResolve,
  urlProblem,
} from '../../src/endpoints/address'

const PRIVATE = [
  [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
  ],
  ['192.168.1.1', '192.0.2.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ['::', '::1', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a00:1'],
  ['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:4136:e378::', '2001:db8::1', '::127.0.0.1', '100::1'],
].flat()
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '2a00:1450::1',
]

test.each(PRIVATE)('%s is no public address', (address) => expect(isPublicAddress(address)).toBe(false))
test.each(PUBLIC)('%s is a public address', (address) => expect(isPublicAddress(address)).toBe(true))
test.each(['', 'localhost', '1.2.3', '0x7f.1', '127.1', '[::1]', '1.2.3.4 '])('%p is no address at all', (text) =>
  expect(isPublicAddress(text)).toBe(false),
)

test('a name is refused when any one of its addresses is private, wherever it stands among them', async () => {
  const lists = fc.tuple(fc.subarray(PUBLIC), fc.subarray(PRIVATE), fc.nat())
  await fc.assert(
    fc.asyncProperty(lists, async ([open, closed, at]) => {
      const addresses = open.toSpliced(at % (open.length + 1), 0, ...closed)
      const ask = (allowPrivate: boolean) => allowedAddresses('hooks.example.com', allowPrivate, async () => addresses)
      if (addresses.length === 0 || closed.length > 0) await expect(ask(false)).rejects.toThrow(AddressRefused)
      else expect(await ask(false)).toEqual(addresses)
      if (addresses.length > 0) expect(await ask(true)).toEqual(addresses)
    }),
  )
})

describe('URLs of endpoints', () => {
  const strict = { allowPrivate: false, httpsOnly: true }
  test.each([
    ['https://user:secret@crm.example.com/', 'user name'],
    ['https://user@crm.example.com/', 'user name'],
    ['http://crm.example.com/', 'https'],
    ['ftp://crm.example.com/', 'http'],
    ['javascript:alert(1)', 'http'],
    ['crm.example.com', 'http'],
    ['', 'http'],
    ['https://crm.example.com/#part', 'fragment'],
    ['https://crm.example.com:0/', 'port'],
    ['https://crm.example.com:65536/', 'http'],
    ['https://127.0.0.1/', 'private'],
    ['https://0x7f.1/', 'private'],
    ['https://2130706433/', 'private'],
    ['https://[::1]/', 'private'],
    ['https://[::ffff:10.0.0.1]/', 'private'],
    ['https://169.254.169.254/latest/meta-data', 'private'],
    ['https://localhost/', 'private'],
    ['https://LOCALHOST./', 'private'],
    ['https://api.localhost:8443/', 'private'],
  ])('%p is refused in production', (url, reason) => expect(urlProblem(url, strict)).toContain(reason))

  test.each([
    'https://crm.example.com/',
    'https://crm.example.com:8443/hook?a=b',
    'https://[2606:4700::1111]:44/',
    'https://8.8.8.8/',
  ])('%p is taken in production', (url) => expect(urlProblem(url, strict)).toBeNull())
  test('a sandbox takes http:// and this machine', () =>
    expect(urlProblem('http://localhost:8080/', { allowPrivate: true, httpsOnly: false })).toBeNull())
})

test('a name has the addresses that the system knows for it, and a delivery to them is refused if they are private', async () => {
  expect(await systemResolve('localhost')).toContain('127.0.0.1')
  const refused = await allowedAddresses('localhost', false, systemResolve).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(AddressRefused)
})
