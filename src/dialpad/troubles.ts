import { missingScopes } from '../config/dialpad-scopes'
import type { Clock } from '../lib/clock'
import { DomainError } from '../lib/errors'
import type { Warning, WarningCode } from '../observability/warnings'
import type { BackfillRow } from './backfill/store'
import type { ConnectionRow } from './connections/store'
import type { PullStatus } from './pull/connection'
import { type Difference, inspect } from './webhooks/inspection'
import type { Repair } from './webhooks/reconcile'
import type { WebhookWithSubscriptions } from './webhooks/service'
import type { WebhookRow } from './webhooks/store'

type Registration = WebhookWithSubscriptions
/** A problem at Dialpad that an operator must know, and its fix. */
export interface Trouble extends Warning {
  /** Null if it affects every app. */
  appId: string | null
  /** `reconcile` the app's webhooks, `connect` the app again, or null if only a person can fix it. */
  repair: 'reconcile' | 'connect' | null
}

const REPAIRS_KEPT = 50

type InspectedApi = Parameters<typeof inspect>[0]

/** Detects silent problems at Dialpad and warns the operator. */
export function createTroubles(deps: {
  api: InspectedApi & { company(appId: string): Promise<unknown> }
  connections(): Promise<ConnectionRow[]>
  registrations(): Promise<Registration[]>
  backfills(): Promise<BackfillRow[]>
  /** Null for a webhook that is not pulled. */
  pullStatus(webhookId: string): PullStatus | null
  /** @throws if no configured key can decrypt it. */
  openSecret(sealed: string): Promise<string>
  usesApiKey: boolean
  clock: Clock
}) {
  /** Findings of the last check by webhook id. */
  const found = new Map<string, Trouble[]>()
  let keyRefused: Trouble[] = []
  let repairs: (Repair & { appId: string; at: number })[] = []
  let checkedAt: number | null = null

  async function checkRegistration(registration: Registration): Promise<void> {
    const { webhook } = registration
    let secret: string
    try {
      secret = await deps.openSecret(webhook.secretEncrypted)
    } catch {
      found.set(webhook.id, [unreadable(`The secret of webhook ${webhook.id}`, webhook.appId, webhook.id)])
      return
    }
    try {
      const differences = await inspect(deps.api, registration, secret)
      found.set(webhook.id, troublesOf(webhook, differences))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      // An unreachable Dialpad is not a finding. Earlier findings remain until the next check.
      if (error.code === 'dialpad_unauthorized' || error.code === 'dialpad_refused')
        found.set(webhook.id, [webhookFailed(webhook, `could not be checked: ${error.message}`)])
    }
  }

  async function checkKey(appId: string): Promise<void> {
    try {
      await deps.api.company(appId)
      keyRefused = []
    } catch (error) {
      if (error instanceof DomainError && error.code === 'dialpad_unauthorized') keyRefused = [refusedKey()]
    }
  }

  async function connectionTroubles(): Promise<Trouble[]> {
    const troubles = await Promise.all((await deps.connections()).map(connectionTrouble))
    return troubles.flat()
  }

  async function connectionTrouble({ id, appId, status, scopes, tokensEncrypted }: ConnectionRow): Promise<Trouble[]> {
    try {
      await deps.openSecret(tokensEncrypted)
    } catch {
      return [unreadable(`The tokens of app ${appId}`, appId, id)]
    }
    if (status !== 'connected')
      return [
        {
          code: 'dialpad_connection_failed',
          message: `The Dialpad connection of app ${appId} is ${status}.`,
          action: 'Connect the app to Dialpad again, in the console or with a connect link.',
          subject: id,
          appId,
          repair: 'connect',
        },
      ]
    return missingScopes(scopes ?? '')
      .filter(() => scopes !== null)
      .map(({ scope, feature }) => ({
        code: 'dialpad_scope_missing' as const,
        message: `The Dialpad connection of app ${appId} lacks the scope ${scope}: ${feature} does not work.`,
        action: `Add ${scope} to DIALPAD_SCOPES and at Dialpad, then connect the app again.`,
        subject: `${id} ${scope}`,
        appId,
        repair: 'connect' as const,
      }))
  }

  function pullTrouble({ webhook }: Registration): Trouble[] {
    const status = webhook.kind === 'websocket' ? deps.pullStatus(webhook.id) : null
    if (!status || status.state === 'connected' || status.last_error === null) return []
    return [
      {
        code: 'dialpad_pull_disconnected',
        message: `Events of webhook ${webhook.id} are not pulled: ${status.last_error}`,
        action:
          'Check the network connection to Dialpad. If the websocket was deleted there, reconcile the webhooks of the app.',
        subject: webhook.id,
        appId: webhook.appId,
        repair: 'reconcile',
      },
    ]
  }

  return {
    /** Checks everything this server relies on at Dialpad, without changes. Requests respect the rate limits. */
    async check(): Promise<void> {
      const registrations = await deps.registrations()
      if (deps.usesApiKey && registrations[0]) await checkKey(registrations[0].webhook.appId)
      for (const registration of registrations) await checkRegistration(registration)
      checkedAt = deps.clock()
    },

    /** Current warnings: findings of the last check, and problems this server detects itself. */
    async current(): Promise<Trouble[]> {
      const registrations = await deps.registrations()
      const known = new Set(registrations.map(({ webhook }) => webhook.id))
      for (const id of found.keys()) if (!known.has(id)) found.delete(id)
      const refusedBackfills = (await deps.backfills())
        .filter(({ lastError }) => lastError !== null)
        .map(backfillRefused)
      return [
        ...keyRefused,
        ...(await connectionTroubles()),
        ...[...found.values()].flat(),
        ...registrations.flatMap(pullTrouble),
        ...refusedBackfills,
      ]
    },

    /** Time of the last check at Dialpad, ms since the epoch. Null before the first one. */
    checkedAt: () => checkedAt,

    /** Repairs of the last reconciliations, newest first. */
    repairs: () => [...repairs],

    /** Clears the findings of an app after its webhooks were reconciled. */
    reconciled(appId: string, registrations: Registration[], done: Repair[]): void {
      const at = deps.clock()
      repairs = [...done.map((one) => ({ ...one, appId, at })), ...repairs].slice(0, REPAIRS_KEPT)
      for (const { webhook } of registrations) found.delete(webhook.id)
    },
  }
}

const RECONCILE = 'Reconcile the webhooks of the app, in the console or with POST /internal/webhooks/reconcile.'

function troublesOf({ id: webhookId, appId }: WebhookRow, differences: Difference[]): Trouble[] {
  const byCode = Map.groupBy(
    differences,
    ({ what }): WarningCode =>
      what.startsWith('subscription') ? 'dialpad_subscription_disabled' : 'dialpad_webhook_failed',
  )
  return [...byCode].map(([code, some]) => ({
    code,
    message: `Webhook ${webhookId} differs at Dialpad: ${some.map(({ what, detail }) => `${what} (${detail})`).join(', ')}.`,
    action: RECONCILE,
    subject: webhookId,
    appId,
    repair: 'reconcile',
  }))
}

const webhookFailed = ({ id, appId }: WebhookRow, what: string): Trouble => ({
  code: 'dialpad_webhook_failed',
  message: `Webhook ${id} ${what}`,
  action: RECONCILE,
  subject: id,
  appId,
  repair: 'reconcile',
})

const unreadable = (what: string, appId: string, subject: string): Trouble => ({
  code: 'secret_unreadable',
  message: `${what} cannot be decrypted with any ENCRYPTION_KEY.`,
  action: 'Add the key it was encrypted with to ENCRYPTION_KEY, or delete it and connect or create it again.',
  subject,
  appId,
  repair: null,
})

const refusedKey = (): Trouble => ({
  code: 'dialpad_connection_failed',
  message: 'Dialpad rejected DIALPAD_API_KEY.',
  action:
    'Check that the key is for the right environment, sandbox or production (NODE_ENV, DIALPAD_BASE_URL), or create a new company key.',
  subject: 'DIALPAD_API_KEY',
  appId: null,
  repair: null,
})

const backfillRefused = ({ appId, lastError }: BackfillRow): Trouble => ({
  code: 'dialpad_backfill_refused',
  message: `The last backfill of app ${appId} failed: ${lastError}`,
  action:
    'Grant the scope calls:list to the key or connection. Without it, the server cannot recover calls missed during an outage.',
  subject: appId,
  appId,
  repair: null,
})
