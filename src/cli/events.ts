import { Command, Option } from 'commander'
import { EVENT_STATUSES } from '../db/tables'
import { payloadOf } from '../events/queue'
import type { EventRow, EventStatus } from '../events/store'
import { iso } from '../lib/clock'
import { answeringCommand, print } from './print'
import { wholeNumber, withServices } from './session'

export const events = () =>
  new Command('events')
    .description('manage the queue of received events')
    .addCommand(processDue())
    .addCommand(stats())
    .addCommand(list('list', 'list events, newest first'))
    .addCommand(replay())
    .addCommand(route())
    .addCommand(list('dead', 'list dead letters (events that failed too often) with their errors', 'failed'))

const processDue = () =>
  answeringCommand('process', 'process all due events, then exit').action((flags) =>
    withServices(flags, async ({ events: { processor, queue } }) => {
      const pending = await queue.stats()
      const due = pending.find(({ status }) => status === 'pending')?.count ?? 0
      let processed = 0
      for (let batch = await processor.processBatch(); batch > 0; batch = await processor.processBatch()) {
        processed += batch
        if (process.stderr.isTTY) process.stderr.write(`\r${processed} of ${due}`)
      }
      if (process.stderr.isTTY && processed > 0) process.stderr.write('\n')
      print(flags.json, { processed }, `Processed ${processed} events.`)
    }),
  )

const stats = () =>
  answeringCommand('stats', 'count events by status').action((flags) =>
    withServices(flags, async ({ events: { queue } }) => {
      const counts = await queue.stats()
      const rows = EVENT_STATUSES.map((status) => ({
        status,
        count: counts.find((row) => row.status === status)?.count ?? 0,
        oldest_at: isoOf(counts.find((row) => row.status === status)?.oldestAt),
      }))
      const lines = rows.map(
        ({ status, count, oldest_at }) =>
          `${status.padEnd(12)}${String(count).padStart(9)}  ${oldest_at ? `oldest ${oldest_at}` : ''}`,
      )
      print(flags.json, { stats: rows }, lines.join('\n'))
    }),
  )

const list = (name: string, description: string, status?: EventStatus) =>
  answeringCommand(name, description)
    .addOption(new Option('--status <status>', 'only those').choices(EVENT_STATUSES).default(status))
    .option('--limit <n>', 'maximum number of events', wholeNumber, 50)
    .option('--payload', 'show the payload of each event')
    .action((flags) =>
      withServices(flags, async ({ events: { queue } }) => {
        const { rows } = await queue.list({ status: flags.status }, { limit: flags.limit })
        const shown = rows.map((row) => toLine(row, flags.payload === true))
        const text = shown.map((line) =>
          Object.values(line)
            .map((value) => (typeof value === 'object' && value ? JSON.stringify(value) : (value ?? '-')))
            .join('  '),
        )
        print(flags.json, { events: shown }, text.join('\n') || 'None.')
      }),
    )

const replay = () =>
  answeringCommand('replay', 'process one event again, or all dead letters')
    .argument('[id]', 'the event')
    .option('--app-id <id>', 'app to assign an unrouted event to')
    .option('--all-failed', 'every dead letter')
    .action((id: string | undefined, flags, self: Command) => {
      if (!id && !flags.allFailed) self.error('specify an event id, or --all-failed')
      return withServices(flags, async ({ events: { queue } }) => {
        let count = 1
        if (id) await queue.replay(id, flags.appId)
        else count = await queue.replayMany({ status: 'failed' })
        print(
          flags.json,
          { replayed: count },
          `${count} events are pending again. A running server processes them within seconds.`,
        )
      })
    })

const route = () =>
  answeringCommand('route', 'assign all unrouted events to an app and process them')
    .argument('<app-id>', 'the app')
    .option('--event-type <type>', 'only those')
    .action((appId: string, flags) =>
      withServices(flags, async ({ events: { queue } }) => {
        const routed = await queue.route(appId, { eventType: flags.eventType })
        print(flags.json, { routed }, `${routed} events are pending. A running server processes them within seconds.`)
      }),
    )

const toLine = (row: EventRow, withPayload: boolean) => ({
  id: row.id,
  received_at: iso(row.receivedAt),
  status: row.status,
  event_type: row.eventType,
  attempts: row.attempts,
  app_id: row.appId,
  error: row.error,
  ...(withPayload ? { payload: payloadOf(row) } : {}),
})

const isoOf = (ms: number | null | undefined) => (ms ? iso(Number(ms)) : null)
