import { getLogger } from '@logtape/logtape'
import { Emitter } from '../lib/emitter'

const log = getLogger(['cti', 'stream'])

export type Topics = ReturnType<typeof createTopics>

/** The hub's topics, for subscribers in this process that are not Bun sockets. The payload is the text of an entry. */
export const createTopics = () =>
  new Emitter<Record<string, string>>((error) => log.error('a subscriber failed: {error}', { error }))
