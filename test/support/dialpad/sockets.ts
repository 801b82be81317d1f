import { randomBytes } from 'node:crypto'
import type { ServerWebSocket } from 'bun'
import type { State } from './state'

export interface SocketData {
  endpointId: number
  expiresAt: number
}
export type Sockets = ReturnType<typeof createSockets>

const LIFE_MS = 3600_000

/** Dialpad's websocket endpoints: an address carries a token, and the token and its connection live one hour. */
export function createSockets(state: State) {
  const tokens = new Map<string, SocketData>()
  const open = new Set<ServerWebSocket<SocketData>>()
  return {
    open,
    freshUrl(endpointId: number): string {
      const token = randomBytes(24).toString('base64url')
      tokens.set(token, { endpointId, expiresAt: state.clock() + LIFE_MS })
      return `${state.url.replace(/^http/, 'ws')}/events/${token}`
    },
    /** What the token in an address stands for, or null when it is unknown, expired or its endpoint deleted. */
    admit(token: string): SocketData | null {
      const data = tokens.get(token)
      if (!data || data.expiresAt <= state.clock() || !state.endpoints.has(data.endpointId)) return null
      return { ...data }
    },
    /** @returns how many connections received it. */
    send(endpointId: number, body: string): number {
      const listening = [...open].filter((one) => one.data.endpointId === endpointId)
      for (const socket of listening) socket.send(body)
      return listening.length
    },
    close(endpointId: number): void {
      for (const socket of open) if (socket.data.endpointId === endpointId) socket.close(1000, 'endpoint deleted')
    },
    /** Ends the connections whose hour is over by the stand-in's clock. */
    closeExpired(): void {
      for (const socket of open) if (socket.data.expiresAt <= state.clock()) socket.close(1008, 'token expired')
    },
    /** Drops every connection without a close frame, as a broken network does. */
    cutAll(): void {
      for (const socket of open) socket.terminate()
    },
  }
}
