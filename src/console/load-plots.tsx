import { admin, read, type Schemas } from './api'
import { count, dayTime, hourTime } from './format'
import { Plot, type Series } from './plot'
import { type Data, useData } from './queries'
import { Panel } from './ui'

export type LoadRange = Schemas['LoadAnswer']['range']

/** Returns the stored load of the server. */
export const useLoad = (range: LoadRange): Data<Schemas['LoadAnswer']> =>
  useData(`load ${range}`, () => read(admin.GET('/internal/load', { params: { query: { range } } })), 15_000)

const perSecond = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}/s`
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
export const megabytes = (mb: number): string => `${mb.toFixed(0)} MB`

type Sample = Schemas['LoadAnswer']['samples'][number]

export function LoadPlots({ load }: { load: Schemas['LoadAnswer'] }) {
  const { samples, range } = load
  const times = withGaps(samples, load.interval_seconds * 1000)
  const at = new Map(samples.map((sample) => [Date.parse(sample.at), sample]))
  const series = (label: string, color: string, of: (sample: Sample) => number | null): Series => ({
    label,
    color,
    values: times.map((time) => {
      const sample = at.get(time)
      return sample ? of(sample) : null
    }),
  })
  const highest = (of: (sample: Sample) => number | null) => Math.max(0, ...samples.map((sample) => of(sample) ?? 0))
  const plots = [
    {
      title: 'Events and requests',
      now: `at most ${perSecond(highest((one) => one.events_per_second))} and ${perSecond(highest((one) => one.requests_per_second))}`,
      unit: perSecond,
      series: [
        series('events', '--cti-accent', (one) => one.events_per_second),
        series('requests', '--cti-info', (one) => one.requests_per_second),
      ],
    },
    {
      title: 'Response and processing time',
      now: `at most ${ms(highest((one) => one.answer_ms))} and ${ms(highest((one) => one.processing_ms))}`,
      unit: ms,
      series: [
        series('requests', '--cti-info', (one) => one.answer_ms),
        series('events until processed', '--cti-accent', (one) => one.processing_ms),
      ],
    },
    {
      title: 'Waiting events and open sockets',
      now: `at most ${count(highest((one) => one.queue_depth))} and ${count(highest((one) => one.sockets))}`,
      unit: count,
      least: 5,
      series: [
        series('waiting', '--cti-warn', (one) => one.queue_depth),
        series('sockets', '--cti-ok', (one) => one.sockets),
      ],
    },
    {
      title: 'Memory',
      now: `at most ${megabytes(highest((one) => one.rss_mb))}`,
      unit: megabytes,
      series: [series('resident', '--cti-warn', (one) => one.rss_mb), series('heap', '--cti-ok', (one) => one.heap_mb)],
    },
  ]
  return (
    <div className="columns">
      {plots.map((plot) => (
        <Panel key={plot.title}>
          <div className="panel-body">
            <Plot {...plot} times={times} tick={range === 'day' ? dayTime : hourTime} />
          </div>
        </Panel>
      ))}
    </div>
  )
}

/** Returns the times of the samples, with an empty one in each gap, so that the plot shows the gap. */
function withGaps(samples: Sample[], stepMs: number): number[] {
  const times = samples.map(({ at }) => Date.parse(at))
  return times.flatMap((time, index) => {
    const next = times[index + 1]
    return next !== undefined && next - time > 1.5 * stepMs ? [time, time + stepMs] : [time]
  })
}
