import { isIP } from 'node:net'
import { VERSION } from '../config/version'
import type { Clock } from '../lib/clock'
import { AddressRefused, allowedAddresses, type Resolve, systemResolve } from './address'
import { readBeginning } from './answer'
import { signatureHeaders } from './signature'

const TIMEOUT_MS = 10_000

/** Result of one attempt. */
export interface Attempt {
  attemptedAt: number
  latencyMs: number
  /** Null without a response. */
  responseStatus: number | null
  responseBody: string | null
  /** Null after a 2xx response. */
  error: string | null
}

export interface Posting {
  url: string
  secrets: string[]
  /** The `webhook-id`. */
  id: string
  body: string
}

export type Sender = ReturnType<typeof createSender>

/** Posts signed bodies. Limits the time, the size of the response, and the addresses it connects to. */
export function createSender(deps: {
  allowPrivate: boolean
  clock: Clock
  resolve?: Resolve
  timeoutMs?: number
  /** Certificates to trust instead of the system's. */
  ca?: string
}) {
  const { allowPrivate, clock, resolve = systemResolve, timeoutMs = TIMEOUT_MS, ca } = deps

  /** Connects to a checked address with the host name of the URL. */
  async function post(url: URL, { secrets, id, body }: Posting, at: number, signal: AbortSignal): Promise<Response> {
    const addresses = await orAbort(allowedAddresses(url.hostname, allowPrivate, resolve), signal)
    const headers = {
      ...signatureHeaders(secrets, id, at, body),
      host: url.host,
      'content-type': 'application/json',
      'user-agent': `cti-server/${VERSION}`,
      'accept-encoding': 'identity',
    }
    const isName = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0
    const tls = { ...(isName ? { serverName: url.hostname } : {}), ...(ca ? { ca } : {}) }
    let failure: unknown
    for (const address of addresses) {
      const target = new URL(url)
      target.hostname = address.includes(':') ? `[${address}]` : address
      try {
        return await fetch(target, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          decompress: false,
          signal,
          ...(url.protocol === 'https:' ? { tls } : {}),
        })
      } catch (error) {
        if (signal.aborted || !isConnectFailure(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  /** @param signal aborts the attempt. @throws only if aborted. */
  return async function send(posting: Posting, signal: AbortSignal): Promise<Attempt> {
    const attemptedAt = clock()
    const begun = performance.now()
    const elapsed = () => Math.round(performance.now() - begun)
    const timeout = AbortSignal.timeout(timeoutMs)
    const until = AbortSignal.any([signal, timeout])
    let responseStatus: number | null = null
    let responseBody: string | null = null
    let error: string | null = null
    let latencyMs: number | null = null
    try {
      const response = await post(new URL(posting.url), posting, attemptedAt, until)
      responseStatus = response.status
      error = reasonOfStatus(response.status)
      latencyMs = elapsed()
      responseBody = await readBeginning(response)
    } catch (failure) {
      if (signal.aborted) throw failure
      error = timeout.aborted ? `No response within ${timeoutMs / 1000} s.` : reasonOf(failure)
    }
    return { attemptedAt, latencyMs: latencyMs ?? elapsed(), responseStatus, responseBody, error }
  }
}

const reasonOfStatus = (status: number): string | null => {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? `Status ${status}. Redirects are not followed.` : `Status ${status}.`
}

const CONNECT_FAILURES = new Set([
  'ECONNREFUSED',
  'ConnectionRefused',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'FailedToOpenSocket',
])

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const isConnectFailure = (error: unknown): boolean => CONNECT_FAILURES.has(codeOf(error))

function reasonOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message
  const code = codeOf(error)
  if (CONNECT_FAILURES.has(code)) return 'The connection was refused.'
  if (/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL|DNS_)/.test(code)) return 'Could not resolve the host name.'
  if (code === 'ECONNRESET' || code === 'ConnectionClosed') return 'The connection was closed without a response.'
  if (/CERT|SSL|TLS|EPROTO|SIGNED|ISSUER/.test(code)) return `The TLS connection failed (${code}).`
  if (/HTTP|Headers/.test(code)) return `The response is not valid HTTP (${code}).`
  return `The connection failed (${code || 'unknown reason'}).`
}

function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort))
}
