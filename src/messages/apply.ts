import type { Transaction } from '../db/database'
import { type Clock, iso } from '../lib/clock'
import { newId } from '../lib/id'
import { normalizePhoneNumber, type Region } from '../lib/phone-number'
import { createTake, differsBeside } from '../lib/snapshot'
import type { MessageChange } from '../payload/message'
import type { NewEntry } from '../stream/store'
import type { UserLookup } from '../users/lookup'
import type { MessageRow, MessageStore } from './store'

export type MessageApply = ReturnType<typeof createMessageApply>

/** SMS and its delivery updates. Dialpad has no route to read old messages: what arrives here is the only record. */
export function createMessageApply(deps: { store: MessageStore; users: UserLookup; region: Region; clock: Clock }) {
  const { store, users, region, clock } = deps

  function merge(appId: string, before: MessageRow | undefined, change: MessageChange): MessageRow {
    const phone = (text: string | null) => normalizePhoneNumber(text, region)
    const newer = !before || change.at >= before.snapshotAt
    const take = createTake(newer)
    const now = clock()
    const toNumbers = change.toNumbers.map((number) => phone(number)!)
    const direction = before?.direction ?? change.direction
    const fromNumber = take(before?.fromNumber, phone(change.fromNumber))
    const allTo = before && before.toNumbers.length > 0 ? before.toNumbers : toNumbers
    return {
      id: before?.id ?? newId(),
      appId,
      dialpadMessageId: change.dialpadMessageId,
      direction,
      fromNumber,
      toNumbers: allTo,
      toNumber: allTo[0] ?? null,
      externalNumber: direction === 'inbound' ? fromNumber : (allTo[0] ?? null),
      text: take(before?.text, change.text),
      mediaUrl: take(before?.mediaUrl, change.mediaUrl),
      status: take(before?.status, change.status),
      deliveryResult: take(before?.deliveryResult, change.deliveryResult),
      dialpadUserId: take(before?.dialpadUserId, change.dialpadUserId),
      contact: take(before?.contact, change.contact),
      target: take(before?.target, change.target),
      isInternal: (before?.isInternal ?? false) || change.isInternal,
      sentAt: Math.min(before?.sentAt ?? Number.POSITIVE_INFINITY, change.sentAt ?? before?.sentAt ?? change.at),
      snapshotAt: Math.max(before?.snapshotAt ?? 0, change.at),
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    }
  }

  return {
    /** Applies a batch of one app's changes in order. */
    async apply(
      tx: Transaction,
      appId: string,
      placed: { index: number; change: MessageChange }[],
    ): Promise<{ index: number; entry: NewEntry }[]> {
      const rows = await store.byDialpadIds(tx, appId, [
        ...new Set(placed.map(({ change }) => change.dialpadMessageId)),
      ])
      const told: { index: number; event: string; row: MessageRow; at: number }[] = []
      for (const { index, change } of placed) {
        const before = rows.get(change.dialpadMessageId)
        const row = merge(appId, before, change)
        rows.set(change.dialpadMessageId, row)
        const first = row.direction === 'inbound' ? 'message.received' : 'message.sent'
        if (!before) told.push({ index, event: first, row, at: change.at })
        else if (differsBeside(before, row, ['updatedAt', 'snapshotAt']))
          told.push({ index, event: 'message.updated', row, at: change.at })
      }
      await store.save(tx, [...rows.values()])
      const crmUserOf = await users.crmUserOf(
        tx,
        appId,
        told.map(({ row }) => row),
      )
      return told.map(({ index, event, row, at }) => ({ index, entry: messageEntry(event, row, at, crmUserOf(row)) }))
    },
  }
}

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
      media_url: row.mediaUrl,
      status: row.status,
      delivery_result: row.deliveryResult,
      user_id: userId,
      dialpad_user_id: row.dialpadUserId,
      contact: row.contact,
      timestamp: iso(at),
    },
  }
}
