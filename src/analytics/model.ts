import { z } from 'zod'
import { DIRECTIONS } from '../db/tables'
import { responseSchema } from '../http/response-schema'
import { DialpadId, Id, Instant } from '../http/schemas'
import { isTalking } from '../lib/call-status'
import { iso } from '../lib/clock'
import { csvOf } from '../lib/csv'
import { noFigures } from './figures'
import { INTERVALS } from './intervals'
import type { UserPresence } from './presence'
import type { FiguresRow } from './table'

const GROUPS = ['none', 'direction', 'user', 'target', 'customer'] as const

const When = z.string().max(40).optional()
export const AnalyticsQuery = z.strictObject({
  from: When.describe(
    'start, inclusive; ISO 8601, epoch milliseconds, or a date in the time zone; default 30 days before `to`',
  ),
  to: When.describe('end, exclusive; same formats as `from`; default the end of the current hour'),
  interval: z.enum(INTERVALS).optional().describe('default `day`; weeks start on Monday'),
  time_zone: z.string().max(60).optional().describe('IANA name such as America/New_York; default UTC'),
  group_by: z.enum(GROUPS).optional().describe('default none'),
  format: z.enum(['json', 'csv']).optional().describe('default `json`'),
})
export const InternalAnalyticsQuery = AnalyticsQuery.extend({
  app_id: z.string().max(100).optional().describe('only this app'),
})

const Average = z.number().nullable()
export const AnalyticsRow = responseSchema(() =>
  z
    .object({
      start: Instant.describe('start of the interval, or of the requested range if later'),
      end: Instant.describe('exclusive'),
      direction: z.enum(DIRECTIONS).optional().describe('only when grouped by direction'),
      dialpad_user_id: DialpadId.nullable()
        .optional()
        .describe('only when grouped by user; null for conversations without a user'),
      user_id: z.string().nullable().optional().describe('CRM user mapped to the Dialpad user'),
      target: z
        .object({ type: z.string(), id: z.string(), name: z.string().nullable() })
        .nullable()
        .optional()
        .describe('only when grouped by target'),
      customer_id: z
        .string()
        .nullable()
        .optional()
        .describe('only when grouped by customer; null for numbers that are not in the directory'),
      offered: z
        .int()
        .describe('number of conversations that started in the interval, including open ones, without blocked ones'),
      answered: z.int().describe('a person answered'),
      missed: z.int().describe('inbound; it rang a person and nobody answered'),
      voicemail: z.int().describe('the caller reached voicemail'),
      abandoned: z.int().describe('the caller hung up in a queue or menu before it rang a person'),
      answer_rate: z.number().nullable().describe('answered divided by offered, 0 to 1; null if nothing was offered'),
      average_speed_of_answer_seconds: Average.describe(
        'average time until a person answered, of answered inbound conversations',
      ),
      average_talk_seconds: Average.describe('of answered conversations'),
      average_hold_seconds: Average.describe('of answered conversations'),
      longest_wait_seconds: z.int().describe('longest wait of inbound conversations, answered or not'),
      messages_in: z.int(),
      messages_out: z.int(),
    })
    .describe('Figures of conversations and messages'),
)

export const Analytics = responseSchema(() =>
  z.object({
    success: z.literal(true),
    from: Instant,
    to: Instant,
    interval: z.enum(INTERVALS),
    time_zone: z.string(),
    group_by: z.enum(GROUPS),
    analytics: z.array(AnalyticsRow).describe('rows by interval; without grouping, one row per interval'),
  }),
)

export const UserPresenceModel = responseSchema(() =>
  z.object({
    dialpad_user_id: DialpadId,
    user_id: z.string().describe('CRM user'),
    agent_status: z
      .object({
        on_duty_status: z.string().nullable(),
        availability_status: z.string().nullable(),
        call_center_ids: z.array(DialpadId).nullable(),
        at: Instant,
      })
      .nullable()
      .describe('the last `agent.status` from Dialpad; null if none was received'),
    on_call: z.boolean().describe('whether the user is talking, or has the other party on hold'),
    is_ringing: z.boolean().describe('whether a call is ringing for the user'),
    call_ids: z.array(Id).describe('ids of ringing, active and held calls'),
  }),
)
export const PresenceList = responseSchema(() =>
  z.object({ success: z.literal(true), presence: z.array(UserPresenceModel) }),
)

type Request = Omit<z.infer<typeof Analytics>, 'success' | 'from' | 'to' | 'analytics'> & { from: number; to: number }

export function toAnalytics(
  request: Request,
  rows: FiguresRow[],
  userOf: Map<number, string>,
): z.infer<typeof Analytics> {
  const { from, to, interval, time_zone, group_by } = request
  // Thousands of rows share the period.
  const shown = new Map([from, to].map((at) => [at, iso(at)]))
  const instant = (at: number): string => {
    const text = shown.get(at) ?? iso(at)
    shown.set(at, text)
    return text
  }
  return {
    success: true,
    from: iso(from),
    to: iso(to),
    interval,
    time_zone,
    group_by,
    analytics: rows.map((row) => toRow(row, group_by, userOf, instant)),
  }
}

function toRow(
  row: FiguresRow,
  groupBy: Request['group_by'],
  userOf: Map<number, string>,
  instant: (at: number) => string,
): z.infer<typeof AnalyticsRow> {
  const { figures } = row
  return {
    start: instant(row.start),
    end: instant(row.end),
    ...groupOf(row, groupBy, userOf),
    offered: figures.offered,
    answered: figures.answered,
    missed: figures.missed,
    voicemail: figures.voicemail,
    abandoned: figures.abandoned,
    answer_rate: ratio(figures.answered, figures.offered, 1_000_000),
    average_speed_of_answer_seconds: ratio(figures.answerSeconds, figures.answeredInbound, 10),
    average_talk_seconds: ratio(figures.talkSeconds, figures.answered, 10),
    average_hold_seconds: ratio(figures.holdSeconds, figures.answered, 10),
    longest_wait_seconds: figures.longestWaitSeconds,
    messages_in: figures.messagesIn,
    messages_out: figures.messagesOut,
  }
}

function groupOf({ key, label }: FiguresRow, groupBy: Request['group_by'], userOf: Map<number, string>) {
  switch (groupBy) {
    case 'direction':
      return { direction: key as (typeof DIRECTIONS)[number] }
    case 'user':
      return key === ''
        ? { dialpad_user_id: null, user_id: null }
        : { dialpad_user_id: Number(key), user_id: userOf.get(Number(key)) ?? null }
    case 'target': {
      const [type = '', ...id] = key.split(':')
      return { target: key === '' ? null : { type, id: id.join(':'), name: label } }
    }
    case 'customer':
      return { customer_id: key === '' ? null : key }
    default:
      return {}
  }
}

/** @param precision 10 for one decimal. */
const ratio = (part: number, whole: number, precision: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * precision) / precision

/** Returns one CSV row per row of the response. The target takes three columns. */
export function toAnalyticsCsv({ analytics, group_by }: z.infer<typeof Analytics>): string {
  const rows = analytics.map(({ target, ...row }) =>
    group_by === 'target'
      ? { ...row, target_type: target?.type, target_id: target?.id, target_name: target?.name }
      : row,
  )
  const sample = toRow({ start: 0, end: 0, key: '', label: null, figures: noFigures() }, group_by, new Map(), iso)
  const { target: _, ...columns } = sample
  const names =
    group_by === 'target'
      ? ['start', 'end', 'target_type', 'target_id', 'target_name', ...Object.keys(columns).slice(2)]
      : Object.keys(columns)
  return csvOf(names, rows)
}

export const toPresence = (user: UserPresence): z.infer<typeof UserPresenceModel> => ({
  dialpad_user_id: user.dialpadUserId,
  user_id: user.userId,
  agent_status: user.status && {
    on_duty_status: textOrNull(user.status.data.on_duty_status),
    availability_status: textOrNull(user.status.data.availability_status),
    call_center_ids: Array.isArray(user.status.data.call_center_ids)
      ? user.status.data.call_center_ids.map(Number)
      : null,
    at: iso(user.status.at),
  },
  on_call: user.calls.some(({ status }) => isTalking(status)),
  is_ringing: user.calls.some(({ status }) => status === 'ringing'),
  call_ids: user.calls.map(({ id }) => id),
})

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null)
