import type { BunRequest, Server } from 'bun'
import { DomainError } from '../lib/errors'
import { requireHttps } from './plugins/https-only'
import { errorResponse } from './plugins/problem'
import type { RequestLog } from './plugins/request-log'
import { SECURITY_HEADERS } from './plugins/security-headers'

/**
 * Makes routes that Bun's router calls directly. They have the same request ids, log, metrics and problems as other routes,
 * but none of the hooks for browsers and API clients: CORS, rate limits, idempotency, ETags and compression.
 */
export function createDirectRoutes(deps: { requests: RequestLog; isHttpsRequired: boolean; trustProxy: number }) {
  const { requests, isHttpsRequired, trustProxy } = deps

  return (path: string, maxBodyBytes: number, handle: (request: BunRequest<string>) => Promise<object>) => {
    async function respond(request: BunRequest<string>, headers: Record<string, string>): Promise<Response> {
      if (isHttpsRequired) requireHttps(request, trustProxy)
      if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes)
        throw new DomainError('body_too_large', `The body is larger than ${maxBodyBytes / 1024 / 1024} MiB.`)
      const answer = await handle(request)
      headers['content-type'] = 'application/json'
      return new Response(JSON.stringify(answer), { headers })
    }

    return async (request: BunRequest<string>, server: Server<unknown>): Promise<Response> => {
      const headers: Record<string, string> = { ...SECURITY_HEADERS }
      requests.open(request, server, headers)
      let response: Response
      try {
        response = await respond(request, headers)
      } catch (error) {
        response = errorResponse(request, error)
      }
      requests.write(request, path, response.status)
      return response
    }
  }
}
