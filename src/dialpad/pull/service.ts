import type { Clock } from '../../lib/clock'
import type { Timers } from '../../lib/timers'
import { DialpadApiError } from '../client/dialpad-api-error'
import { keepPulling, type PullStatus } from './connection'

export type PullService = ReturnType<typeof createPullService>

/** Pull mode: one websocket to Dialpad for every webhook of kind `websocket`. Its events are received like deliveries. */
export function createPullService(deps: {
  /** Webhooks to pull. Returns the same array until a webhook is created or deleted. */
  registrations(): Promise<{ id: string; appId: string; dialpadWebhookId: number | null }[]>
  /** A new URL of the websocket, or null if it no longer exists at Dialpad. */
  freshUrl(appId: string, dialpadWebhookId: number): Promise<string | null>
  receive(webhookId: string, frame: Uint8Array<ArrayBuffer>): Promise<void>
  onGap(appId: string): void
  clock: Clock
  timers: Timers
}) {
  const pulling = new Map<string, { dialpadWebhookId: number; connection: ReturnType<typeof keepPulling> }>()
  let stopped = false

  function start(id: string, appId: string, dialpadWebhookId: number): void {
    const connection = keepPulling({
      freshUrl: async () => {
        const url = await deps.freshUrl(appId, dialpadWebhookId)
        if (url) return url
        throw new DialpadApiError(
          'dialpad_unavailable',
          'This websocket no longer exists at Dialpad. Reconcile the webhooks.',
          404,
        )
      },
      receive: (frame) => deps.receive(id, frame),
      onGap: () => deps.onGap(appId),
      now: deps.clock,
      timers: deps.timers,
    })
    pulling.set(id, { dialpadWebhookId, connection })
  }

  return {
    /** Opens and closes sockets to match the webhooks. */
    async sync(): Promise<void> {
      if (stopped) return
      const wanted = new Map((await deps.registrations()).map((one) => [one.id, one]))
      for (const [id, { dialpadWebhookId, connection }] of pulling) {
        // The webhook was reconciled and now has another websocket at Dialpad.
        if (wanted.get(id)?.dialpadWebhookId === dialpadWebhookId) continue
        pulling.delete(id)
        await connection.stop()
      }
      for (const { id, appId, dialpadWebhookId } of wanted.values())
        if (!stopped && dialpadWebhookId !== null && !pulling.has(id)) start(id, appId, dialpadWebhookId)
    },
    status: (id: string): PullStatus | null => pulling.get(id)?.connection.status() ?? null,
    async stop(): Promise<void> {
      stopped = true
      await Promise.all([...pulling.values()].map(({ connection }) => connection.stop()))
    },
  }
}
