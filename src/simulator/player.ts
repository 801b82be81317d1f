import { getLogger } from '@logtape/logtape'
import type { Receiver } from '../events/receive'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import { SCENARIOS, type ScenarioName } from './scenarios'

const log = getLogger(['cti', 'console'])

const STEP_MS = 2500
const MAX_CONCURRENT = 5

export type Simulation = ReturnType<typeof createSimulation>

/** Plays simulated calls into an app, so that an operator can see the server work. Sandbox only. */
export function createSimulation(deps: {
  receiver: Pick<Receiver, 'storeEvent'>
  apps: { requireApp(appId: string): Promise<unknown> }
  allowed: boolean
  clock: Clock
  /** Time between two events, in ms. Shorter in tests. */
  stepMs?: number
}) {
  const { receiver, apps, allowed, clock, stepMs = STEP_MS } = deps
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let playing = 0

  const send = (appId: string, payload: Record<string, unknown>) => {
    const json = JSON.stringify(payload)
    return receiver.storeEvent(json, json, { source: 'webhook', appId, webhookId: null })
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, ms)
      timers.add(timer)
    })

  return {
    /**
     * Plays a scenario. Returns once the first event is stored; the others follow in the background.
     * @throws DomainError scope_missing outside a sandbox, app_not_found, rate_limited if too many are playing.
     */
    async play(appId: string, scenario: ScenarioName): Promise<{ title: string; events: number }> {
      if (!allowed)
        throw new DomainError('scope_missing', 'Simulated calls are available only in a sandbox (NODE_ENV=sandbox).')
      await apps.requireApp(appId)
      if (playing >= MAX_CONCURRENT)
        throw new DomainError('rate_limited', 'Too many simulated calls are running. Wait until one ends.')
      const { title, events } = SCENARIOS[scenario](stepMs, clock() - stepMs)
      const [first, ...rest] = events
      if (first) await send(appId, first.payload)
      playing++
      void (async () => {
        for (const { afterMs, payload } of rest) {
          await pause(afterMs)
          await send(appId, payload)
        }
      })()
        .catch((error) => log.error('a simulated call failed: {error}', { error }))
        .finally(() => playing--)
      return { title, events: events.length }
    },

    /** Stops all scenarios. */
    stop(): void {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
