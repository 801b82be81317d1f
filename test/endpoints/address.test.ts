import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  AddressRefused,
  allowedAddresses,
  isPublicAddress,
  systemResolve,
  urlProblem,
} from '../../src/endpoints/address'

/** The ends of each refused range, and the public addresses beside them. */
const ENDS = `
  0.0.0.0 0.255.255.255; 10.0.0.0 10.255.255.255; 100.64.0.0 100.127.255.255; 127.0.0.0 127.255.255.255
  169.254.0.0 169.254.255.255; 172.16.0.0 172.31.255.255; 192.0.0.0 192.0.0.255; 192.0.2.0 192.0.2.255
  192.88.99.0 192.88.99.255; 192.168.0.0 192.168.255.255; 198.18.0.0 198.19.255.255; 198.51.100.0 198.51.100.255
  203.0.113.0 203.0.113.255; 224.0.0.0 239.255.255.255; 240.0.0.0 255.255.255.255`
const BESIDE = `
  1.0.0.0; 9.255.255.255 11.0.0.0; 100.63.255.255 100.128.0.0; 126.255.255.255 128.0.0.0; 169.253.255.255 169.255.0.0
  172.15.255.255 172.32.0.0; 191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0; 192.88.98.255 192.88.100.0
  192.167.255.255 192.169.0.0; 198.17.255.255 198.20.0.0; 198.51.99.255 198.51.101.0; 203.0.112.255 203.0.114.0; 223.255.255.255`
const addressesIn = (text: string) => text.trim().split(/[;\s]+/)

const PRIVATE = [
  addressesIn(ENDS),
  ['10.1.2.3', '127.0.0.1', '169.254.169.254'],
  ['192.168.1.1'],
  ['::', '::1', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a00:1'],
  ['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:4136:e378::', '2001:db8::1', '::127.0.0.1', '100::1'],
].flat()
const PUBLIC = [...addressesIn(BESIDE), '8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1']

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
