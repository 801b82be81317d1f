import type { Transaction } from '../db/database'
import { type Clock, iso } from '../lib/clock'
import { newId } from '../lib/id'
import { normalizePhoneNumber, type Region } from '../lib/phone-number'
import { createFieldMerge, differsExcept, rankOf, WEAK } from '../lib/snapshot'
import type { MessageChange } from '../payload/message'
import type { EntryDraft, NewEntry } from '../stream/store'
import { mediaOf, mediaPaths } from './media'
import type { MessageRow, MessageStore } from './store'

export type MessageApplier = ReturnType<typeof createMessageApplier>

/** Notified of changed messages, to update the figures. */
export interface MessageMarks {
  /** @param instants times of the messages, before and after the change, ms since the epoch. */
  markChanged(tx: Transaction, appId: string, instants: number[]): Promise<void>
}

/** Applies SMS and delivery updates. Dialpad has no API to read old messages, so this is the only record of them. */
export function createMessageApplier(deps: { store: MessageStore; marks: MessageMarks; region: Region; clock: Clock }) {
  const { store, marks, region, clock } = deps

  function merge(appId: string, before: MessageRow | undefined, change: MessageChange): MessageRow {
    const phone = (text: string | null) => normalizePhoneNumber(text, region)
    const known = before ? (before.learned ?? { rank: rankOf(before.snapshotAt, 0) }) : null
    const fields = createFieldMerge(
      known,
      rankOf(change.at, change.status === null || change.status === 'pending' ? 0 : 1),
    )
    const { take } = fields
    const now = clock()
    // An internal message arrives once for each of its two users. The sender's delivery takes precedence.
    const describes = change.isInternal && change.direction === 'inbound' ? WEAK : undefined
    const direction = before?.direction === 'outbound' ? 'outbound' : change.direction
    const fromNumber = take('fromNumber', before?.fromNumber, phone(change.fromNumber))
    const given = change.toNumbers.flatMap((number) => phone(number) ?? [])
    const toNumbers = take('toNumbers', orNull(before?.toNumbers), orNull(given)) ?? []
    const knownMedia = before && mediaOf(before)
    const mediaUrls = take('mediaUrls', orNull(knownMedia), orNull(change.mediaUrls)) ?? []
    return {
      id: before?.id ?? newId(),
      appId,
      dialpadMessageId: change.dialpadMessageId,
      direction,
      fromNumber,
      toNumbers,
      toNumber: toNumbers[0] ?? null,
      externalNumber: direction === 'inbound' ? fromNumber : (toNumbers[0] ?? null),
      text: take('text', before?.text, change.text),
      mediaUrl: mediaUrls[0] ?? null,
      status: take('status', before?.status, change.status),
      deliveryResult: take('deliveryResult', before?.deliveryResult, change.deliveryResult),
      dialpadUserId: take('dialpadUserId', before?.dialpadUserId, change.dialpadUserId, describes),
      contact: take('contact', before?.contact, change.contact, describes),
      target: take('target', before?.target, change.target, describes),
      isInternal: (before?.isInternal ?? false) || change.isInternal,
      sentAt: fields.takeFirst('sentAt', before?.sentAt, change.sentAt, change.at),
      snapshotAt: Math.max(before?.snapshotAt ?? 0, change.at),
      learned: {
        ...fields.ranks(),
        ...announcedBy(before, change),
        ...(mediaUrls.length > 1 ? { mediaUrls } : {}),
      },
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
  }

  return {
    /** Loads the messages that the changes affect. Apply the changes in order, then save. */
    async load(tx: Transaction, appId: string, changes: MessageChange[]) {
      const ids = new Set(changes.map(({ dialpadMessageId }) => dialpadMessageId))
      const rows = await store.byDialpadIds(tx, appId, [...ids])
      const touched = new Map<number, MessageRow>()
      const sentBefore = [...rows.values()].map(({ sentAt }) => sentAt)

      return {
        /** Applies one change. @returns the stream entries it causes. */
        apply(change: MessageChange): EntryDraft[] {
          const before = rows.get(change.dialpadMessageId)
          const row = merge(appId, before, change)
          rows.set(change.dialpadMessageId, row)
          touched.set(change.dialpadMessageId, row)
          const draft = (event: string, shown: MessageRow): EntryDraft => ({
            dialpadUserId: shown.dialpadUserId,
            toEntries: (userId) => [messageEntry(event, shown, change.at, userId)],
          })
          const event = change.direction === 'inbound' ? 'message.received' : 'message.sent'
          if (!before) return [draft(event, row)]
          if (change.isInternal && !isAnnounced(before, change)) return [draft(event, asDelivered(row, change))]
          const isChanged = differsExcept(before, row, ['updatedAt', 'snapshotAt', 'learned'])
          return isChanged ? [draft('message.updated', row)] : []
        },
        async save(): Promise<void> {
          const messages = [...touched.values()]
          await store.save(tx, messages)
          await marks.markChanged(tx, appId, [...sentBefore, ...messages.map(({ sentAt }) => sentAt)])
        },
      }
    },
  }
}

const orNull = <T>(list: T[] | undefined): T[] | null => (list && list.length > 0 ? list : null)

const isAnnounced = (row: MessageRow, { direction }: MessageChange): boolean =>
  row.learned?.[direction] === true || (row.learned?.inbound === undefined && row.direction === direction)

const announcedBy = (before: MessageRow | undefined, { direction, isInternal }: MessageChange) => ({
  ...(isInternal ? { [direction]: true } : {}),
  ...(before?.learned?.inbound ? { inbound: true as const } : {}),
  ...(before?.learned?.outbound ? { outbound: true as const } : {}),
})

/** The message from the perspective of one of its two users. */
const asDelivered = (row: MessageRow, { direction, dialpadUserId, contact, target }: MessageChange): MessageRow => ({
  ...row,
  direction,
  dialpadUserId,
  contact,
  target,
})

function messageEntry(event: string, row: MessageRow, at: number, userId: string | null): NewEntry {
  return {
    event,
    userId,
    dialpadUserId: row.dialpadUserId,
    data: {
      message_id: row.dialpadMessageId,
      id: row.id,
      direction: row.direction,
      from_number: row.fromNumber,
      to_number: row.toNumber,
      to_numbers: row.toNumbers,
      text: row.text,
      media_url: mediaPaths(row)[0] ?? null,
      media_urls: mediaPaths(row),
      status: row.status,
      delivery_result: row.deliveryResult,
      user_id: userId,
      dialpad_user_id: row.dialpadUserId,
      contact: row.contact,
      timestamp: iso(at),
    },
  }
}
