import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/** Decides which addresses deliveries may connect to. The resolved address is checked, and the connection uses exactly that address. */

const IPV4_REFUSED: [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
/** Refused parts of the global unicast range 2000::/3: tunnels, documentation, protocols. Everything outside the range is refused. */
const IPV6_REFUSED: [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const refusedIPv4 = new BlockList()
for (const [network, prefix] of IPV4_REFUSED) refusedIPv4.addSubnet(network, prefix, 'ipv4')
const refusedIPv6 = new BlockList()
for (const [network, prefix] of IPV6_REFUSED) refusedIPv6.addSubnet(network, prefix, 'ipv6')
const globalIPv6 = new BlockList()
globalIPv6.addSubnet('2000::', 3, 'ipv6')

/** Whether an IP address is on the public internet. An IPv4 address in any IPv6 form is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !refusedIPv4.check(address, 'ipv4')
  if (family === 6) return globalIPv6.check(address, 'ipv6') && !refusedIPv6.check(address, 'ipv6')
  return false
}

export type Resolve = (hostname: string) => Promise<string[]>

/** Resolves a name to all its addresses with the system's resolver. */
export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)

export class AddressRefused extends Error {}

/**
 * Returns the addresses a delivery to this host may connect to.
 * @throws AddressRefused if one of them is private, or the resolver's error.
 */
export async function allowedAddresses(hostname: string, allowPrivate: boolean, resolve: Resolve): Promise<string[]> {
  const literal = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(literal) ? [literal] : await resolve(hostname)
  if (addresses.length === 0) throw new AddressRefused('The host name has no address.')
  if (!allowPrivate && !addresses.every(isPublicAddress))
    throw new AddressRefused('The host has a private address, and ENDPOINT_ALLOW_PRIVATE does not allow those.')
  return addresses
}

export interface AddressRules {
  allowPrivate: boolean
  httpsOnly: boolean
}

/** @returns the reason why an endpoint cannot have this URL, or null. Names are resolved later, for each delivery. */
export function urlProblem(text: string, { allowPrivate, httpsOnly }: AddressRules): string | null {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be an http:// or https:// URL'
  if (httpsOnly && url.protocol !== 'https:') return 'must be an https:// URL'
  if (url.username || url.password) return 'must not contain a user name or password'
  if (url.hash) return 'must not contain a fragment'
  if (url.port === '0') return 'must not have port 0'
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  const isPrivate = isIP(literal) ? !isPublicAddress(literal) : /(^|\.)localhost\.?$/.test(url.hostname)
  return isPrivate && !allowPrivate ? 'must not be a private address (see ENDPOINT_ALLOW_PRIVATE)' : null
}
