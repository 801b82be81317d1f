import { getLogger } from '@logtape/logtape'
import { DomainError } from '../../lib/errors'
import type { AccountId } from '../../payload/account-ids'
import type { DialpadApi } from '../client/api'
import type { ConnectionRow } from '../connections/store'

const log = getLogger(['cti', 'dialpad', 'users'])

/** Learns the users and offices of each connected account, so that the shared route finds the app of their events. */
export function createAccountLearner(deps: {
  api: Pick<DialpadApi, 'users'>
  connections(): Promise<ConnectionRow[]>
  learn(appId: string, ids: AccountId[]): void
}) {
  async function learnAccount(appId: string): Promise<void> {
    try {
      const users = await deps.api.users(appId)
      const offices = new Set(users.map(({ officeId }) => officeId).filter((id) => id !== null))
      deps.learn(appId, [
        ...users.map(({ id }) => ({ kind: 'user' as const, dialpadId: id })),
        ...[...offices].map((dialpadId) => ({ kind: 'office' as const, dialpadId })),
      ])
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      log.info('could not learn the users of app {appId}, retrying later: {reason}', { appId, reason: error.message })
    }
  }

  return {
    learnAccount,
    async learnAll(): Promise<void> {
      for (const { appId, status } of await deps.connections()) if (status === 'connected') await learnAccount(appId)
    },
  }
}
