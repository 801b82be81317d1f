import type { z } from 'zod'
import { cell } from '../lib/csv'
import type { Call } from './model'

type CallValue = z.infer<typeof Call>

const COLUMNS: Record<string, (call: CallValue) => unknown> = {
  id: (call) => call.id,
  dialpad_call_id: (call) => call.dialpad_call_id,
  conversation_id: (call) => call.conversation_id,
  direction: (call) => call.direction,
  status: (call) => call.status,
  from_number: (call) => call.from_number,
  to_number: (call) => call.to_number,
  started_at: (call) => call.started_at,
  rang_at: (call) => call.rang_at,
  connected_at: (call) => call.connected_at,
  ended_at: (call) => call.ended_at,
  duration_seconds: (call) => call.duration_seconds,
  talk_seconds: (call) => call.talk_seconds,
  dialpad_user_id: (call) => call.dialpad_user_id,
  user_id: (call) => call.user_id,
  contact_name: (call) => call.contact?.name,
  contact_phone: (call) => call.contact?.phone,
  target_name: (call) => call.target?.name,
  customer_id: (call) => call.customer_id,
  customer_name: (call) => call.customer?.name,
  job_id: (call) => call.job_id,
  custom_data: (call) => (typeof call.custom_data === 'object' ? json(call.custom_data) : call.custom_data),
  is_internal: (call) => call.is_internal,
  is_transferred: (call) => call.is_transferred,
  recording_url: (call) => call.recording_url,
  labels: (call) => call.labels.join('; '),
  transcript: (call) => call.transcript,
}

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

const FORMATS = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: `${Object.keys(COLUMNS).join(',')}\r\n`,
    line: (call: CallValue) =>
      `${Object.values(COLUMNS)
        .map((read) => cell(read(call)))
        .join(',')}\r\n`,
  },
  ndjson: {
    type: 'application/x-ndjson',
    head: '',
    line: (call: CallValue) => `${JSON.stringify(call)}\n`,
  },
} as const

/** Streams pages of calls as a file. Reads the next page only after the client has received the previous one. */
export function callExport(pages: AsyncGenerator<CallValue[]>, format: keyof typeof FORMATS): Response {
  const { type, head, line } = FORMATS[format]
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        if (head) controller.enqueue(encoder.encode(head))
      },
      async pull(controller) {
        const { value, done } = await pages.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value.map(line).join('')))
      },
      cancel: async () => void (await pages.return(undefined)),
    },
    { highWaterMark: 1 },
  )
  return new Response(body, {
    headers: { 'content-type': type, 'content-disposition': `attachment; filename="calls.${format}"` },
  })
}
