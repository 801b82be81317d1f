import { expect, test } from 'bun:test'
import { newId } from '../../src/lib/id'
import { backends } from '../support/backends'
import { createQueue } from '../support/queue'

test.each(backends)(
  'on %s the metrics show the queue, its oldest event, the stream, the process and the build',
  async (_name, open) => {
    const database = await open()
    const queue = await createQueue(database)
    const event = (status: 'pending' | 'failed' | 'processed', receivedAt: number) => ({
      id: newId(),
      appId: queue.appId,
      source: 'webhook' as const,
      dedupeKey: newId(),
      eventType: 'ringing',
      body: '{}',
      status,
      nextAttemptAt: receivedAt,
      receivedAt,
    })
    const { webhookEvents } = database.tables
    await database.queries
      .insert(webhookEvents)
      .values([
        event('pending', queue.now - 90_000),
        event('pending', queue.now - 5000),
        event('failed', queue.now - 500_000),
        event('processed', queue.now - 900_000),
      ])
    const { maintenance, metrics } = queue.services
    const figures = async () => {
      await maintenance.queueFigures()
      return metrics.registry.metrics()
    }
    const text = await figures()
    expect(text).toContain('cti_events_queued{status="pending"} 2\n')
    expect(text).toContain('cti_events_queued{status="failed"} 1\n')
    expect(text).toContain('cti_events_oldest_pending_seconds 90\n')
    expect(text).toMatch(/cti_build_info\{version="[\d.]+",runtime="bun [\d.]+",platform="\w+-\w+"\} 1/)
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'])
      expect(Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(0)
    await database.queries.delete(webhookEvents).returning({ id: webhookEvents.id })
    expect(await figures()).toContain('cti_events_oldest_pending_seconds 0\n')

    expect(await figures()).toContain('cti_stream_entries_total 0\n')
    const entry = { event: 'call.started', userId: null, dialpadUserId: null, data: {} }
    await database.transaction((tx) => queue.services.stream.store.append(tx, queue.appId, [entry, entry], queue.now))
    expect(await figures()).toContain('cti_stream_entries_total 2\n')
    await database.close()
  },
)
