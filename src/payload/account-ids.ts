import { legacyPart } from './event'
import { type Fields, id, isFields, object, text } from './fields'

/** An id that belongs to one Dialpad account: of an office, a user, or another target such as a call center. */
export interface AccountId {
  kind: 'office' | 'target' | 'user'
  dialpadId: number
}

const OWN_PARTIES = ['target', 'entry_point_target', 'proxy_target']
/** Dialpad sends these types with and without an underscore. */
const TARGET_TYPES = new Set([
  'callcenter',
  'callrouter',
  'channel',
  'coachinggroup',
  'coachingteam',
  'department',
  'room',
  'staffgroup',
])

/** Returns the ids in an event that identify its Dialpad account. Excludes ids of the other party. */
export function accountIdsOf(payload: unknown): AccountId[] {
  if (!isFields(payload)) return []
  const legacyType = text(payload, 'event_type')
  const fields = legacyType ? legacyPart(payload, legacyType) : payload
  const found = OWN_PARTIES.flatMap((name) => (name in fields ? idsOfParty(object(fields, name)) : []))
  const user = legacyType ? id(fields, 'dialpad_user_id', 'user_id') : null
  if (user !== null) found.push({ kind: 'user', dialpadId: user })
  return found
}

function idsOfParty(party: Fields): AccountId[] {
  const found: AccountId[] = []
  const own = id(party, 'id')
  const kind = kindOf(text(party, 'type') ?? '')
  if (own !== null && kind !== null) found.push({ kind, dialpadId: own })
  const office = id(party, 'office_id')
  if (office !== null && !(kind === 'office' && office === own)) found.push({ kind: 'office', dialpadId: office })
  return found
}

function kindOf(type: string): AccountId['kind'] | null {
  if (type === 'user' || type === 'office') return type
  return TARGET_TYPES.has(type.replace('_', '')) ? 'target' : null
}
