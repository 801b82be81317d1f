import type { Clock } from '../../lib/clock'
import type { Timers } from '../../lib/timers'
import { DialpadError } from '../client/dialpad-error'
import { keepPulling, type PullStatus } from './connection'

export type PullService = ReturnType<typeof createPullService>

/** Pull mode: one websocket to Dialpad for every registration of kind `websocket`, feeding the same ingest as webhooks. */
export function createPullService(deps: {
  /** Registrations to pull; the same as at the last call as long as nothing was created or deleted. */
  registrations(): Promise<{ id: string; appId: string; dialpadWebhookId: number | null }[]>
  /** A fresh address of the registration, or null when Dialpad has it no more. */
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
        throw new DialpadError('dialpad_unavailable', 'Dialpad does not have this websocket any more; reconcile.', 404)
      },
      receive: (frame) => deps.receive(id, frame),
      onGap: () => deps.onGap(appId),
      now: deps.clock,
      timers: deps.timers,
    })
    pulling.set(id, { dialpadWebhookId, connection })
  }

  return {
    /** Opens and closes connections so that they match the registrations. */
    async sync(): Promise<void> {
      if (stopped) return
      const wanted = new Map((await deps.registrations()).map((one) => [one.id, one]))
      for (const [id, { dialpadWebhookId, connection }] of pulling) {
        // Reconciled: its websocket at Dialpad is another one now.
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
