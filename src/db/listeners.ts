import { getLogger } from '@logtape/logtape'
import { Emitter } from '../lib/emitter'
import type { Channel } from './database'

const log = getLogger(['cti', 'database'])

export interface Notification {
  payload: string
  detail?: unknown
}

/** This process's listeners by channel. A listener that fails does not fail the transaction, which has committed. */
export const createListeners = () =>
  new Emitter<Record<Channel, Notification> & { resync: undefined }>((error) =>
    log.error('a listener of the database failed: {error}', { error }),
  )
