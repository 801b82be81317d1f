import { getLogger } from '@logtape/logtape'
import type { Authenticator } from '../auth/authenticator'
import type { AppPrincipal } from '../auth/principal'
import { DomainError, type ErrorCode, type FieldError } from '../lib/errors'
import { createRateWindow } from '../lib/rate-window'
import { CLOSE_INTERNAL, CLOSE_POLICY, CLOSE_UNAUTHORIZED, type Hub, type Socket, type Subscriber } from './hub'
import { filterOf, readMessage, type Subscribe } from './protocol'

/** One socket from its upgrade to its close: authentication, subscriptions and error messages. */

const MAX_MESSAGE_BYTES = 64 * 1024
const FIRST_MESSAGE_MS = 10_000
/** Clients rarely subscribe, and each message causes several queries. */
const MAX_MESSAGES = 60
const MESSAGES_WINDOW_MS = 60_000

const log = getLogger(['cti', 'stream'])

export interface ConnectionHandlers {
  open(socket: Socket): void
  message(socket: Socket, message: string | Uint8Array): void
  pong(socket: Socket): void
  close(socket: Socket): void
}

export type Connections = ReturnType<typeof createConnections>

export function createConnections(deps: { hub: Hub; authenticator: Authenticator }) {
  const { hub, authenticator } = deps

  /** @param principal null if the first message has to authenticate. @param first the subscription in the URL. */
  return function connection(principal: AppPrincipal | null, first: Subscribe, address: string): ConnectionHandlers {
    let subscriber: Subscriber
    let deadline: Timer | undefined
    const messages = createRateWindow(MAX_MESSAGES, MESSAGES_WINDOW_MS)
    // Handle messages one after another, so that a second subscribe cannot overtake the first.
    let turn: Promise<void> = Promise.resolve()
    const inTurn = (socket: Socket, work: () => Promise<void>) => {
      turn = turn.then(work).catch((error) => sendFailure(socket, error))
    }

    function sendError(socket: Socket, code: ErrorCode, detail: string, errors?: FieldError[]): void {
      socket.send(JSON.stringify({ type: 'error', code, message: detail, ...(errors ? { errors } : {}) }))
    }

    function sendFailure(socket: Socket, error: unknown): void {
      if (error instanceof DomainError) {
        sendError(socket, error.code, error.detail)
        if (error.status === 401 || error.status === 403)
          hub.end(subscriber, CLOSE_UNAUTHORIZED, error.code, 'credentials')
        return
      }
      log.error('a socket failed: {error}', { error })
      sendError(socket, 'internal_error', 'Internal error. Connect again.')
      // Otherwise a client that subscribed with the URL would wait for entries forever.
      hub.end(subscriber, CLOSE_INTERNAL, 'internal error', 'error')
    }

    async function subscribe(socket: Socket, message: Subscribe): Promise<void> {
      const credential = message.api_key ?? message.token
      if (credential || !principal) principal = await authenticator.app(credential ?? null, address)
      clearTimeout(deadline)
      if (message.app_id !== undefined && message.app_id !== principal.appId)
        throw new DomainError('api_key_invalid', 'The credentials do not belong to the app in app_id.')
      if (!principal.scopes.includes('events:read'))
        throw new DomainError('scope_missing', 'These credentials do not have the scope events:read.')
      if (principal.userId !== null && message.user_id !== undefined && message.user_id !== principal.userId)
        return sendError(socket, 'scope_missing', 'The token is limited to another user.')
      const chosen = filterOf(message, principal.userId ?? message.user_id ?? null)
      if ('unknown' in chosen)
        return sendError(socket, 'validation_failed', `No event matches ${chosen.unknown.join(', ')}.`)
      await hub.subscribe(subscriber, { ...principal, filter: chosen.filter, since: message.since ?? null })
    }

    return {
      open(socket) {
        subscriber = hub.register(socket)
        if (principal) inTurn(socket, () => subscribe(socket, first))
        else
          deadline = setTimeout(() => {
            sendError(socket, 'api_key_missing', 'No subscribe message with credentials within 10 s.')
            hub.end(subscriber, CLOSE_UNAUTHORIZED, 'no credentials', 'credentials')
          }, FIRST_MESSAGE_MS)
      },
      message(socket, message) {
        hub.markAlive(subscriber)
        if (subscriber.closing) return
        if (!messages.take('').allowed) {
          sendError(socket, 'rate_limited', `A socket may send ${MAX_MESSAGES} messages a minute.`)
          return hub.end(subscriber, CLOSE_POLICY, 'too many messages', 'messages')
        }
        if (typeof message !== 'string') return sendError(socket, 'validation_failed', 'Send text, not binary.')
        if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES)
          return sendError(socket, 'body_too_large', 'The message is larger than 64 KiB.')
        const read = readMessage(message)
        if (!('message' in read)) return sendError(socket, 'validation_failed', read.detail, read.errors)
        inTurn(socket, () => subscribe(socket, read.message))
      },
      pong: () => hub.markAlive(subscriber),
      close() {
        clearTimeout(deadline)
        hub.remove(subscriber)
      },
    }
  }
}
