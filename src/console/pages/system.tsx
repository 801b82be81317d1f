import { useEffect, useState } from 'react'
import { api } from '../api'
import { count } from '../format'
import { Plot, type Series } from '../plot'
import { useData } from '../queries'
import { type Sample, sampleOf } from '../samples'
import type { Session } from '../session.tsx'
import { Chip, Loading, PageHead, Panel, Problem, Table } from '../ui'

interface Health {
  status: 'healthy' | 'unhealthy'
  uptime: number
  environment: string
  version: string
  checks?: Record<string, unknown>
}

interface Setting {
  name: string
  value: string | null
  origin: string
  description: string
}

const EVERY_MS = 2000
const MOST_SAMPLES = 300

export function SystemPage({ session }: { session: Session }) {
  const health = useData('health', readHealth, 5000)
  const { samples, error } = useSamples()
  const last = samples.at(-1)
  return (
    <>
      <PageHead title="System">The health and work of this server, read every two seconds while you look.</PageHead>
      <Problem error={health.error ?? error} />
      <dl className="tiles">
        <div>
          <dt>Health</dt>
          <dd>
            {health.data ? (
              <Chip tone={health.data.status === 'healthy' ? 'ok' : 'bad'}>{health.data.status}</Chip>
            ) : (
              '…'
            )}
          </dd>
        </div>
        <div>
          <dt>Running for</dt>
          <dd>{health.data ? uptime(health.data.uptime) : '…'}</dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>
            {session.version} <small>{session.environment}</small>
          </dd>
        </div>
        <div>
          <dt>Open sockets</dt>
          <dd>{last ? count(last.sockets) : '…'}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{last ? megabytes(last.rssMb) : '…'}</dd>
        </div>
      </dl>
      <div className="columns">
        <Plots samples={samples} />
      </div>
      <Configuration />
    </>
  )
}

/** A 503 still says what is wrong. */
async function readHealth(): Promise<Health> {
  const response = await fetch('/health')
  return (await response.json()) as Health
}

function useSamples() {
  const [samples, setSamples] = useState<Sample[]>([])
  const [error, setError] = useState<Error | null>(null)
  useEffect(() => {
    const read = async () => {
      if (document.visibilityState !== 'visible') return
      try {
        const response = await fetch('/metrics', { headers: { accept: 'application/json' } })
        const sample = sampleOf(await response.json(), Date.now())
        setError(null)
        setSamples((before) => [...before, sample].slice(-MOST_SAMPLES))
      } catch {
        setError(new Error('The server cannot be reached. This page tries again every two seconds.'))
      }
    }
    void read()
    const timer = setInterval(() => void read(), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return { samples, error }
}

/** Per second between neighbours; a restart counts from zero again and shows as a pause. */
function rates(samples: Sample[], of: (sample: Sample) => number): (number | null)[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1]
    if (!before || of(sample) < of(before)) return null
    return ((of(sample) - of(before)) * 1000) / (sample.at - before.at)
  })
}

/** Mean of what happened between neighbours, in milliseconds. */
function meanMs(
  samples: Sample[],
  sum: (sample: Sample) => number,
  events: (sample: Sample) => number,
): (number | null)[] {
  return samples.map((sample, index) => {
    const before = samples[index - 1]
    const happened = before ? events(sample) - events(before) : 0
    return before && happened > 0 ? (1000 * (sum(sample) - sum(before))) / happened : null
  })
}

const lastOf = (values: (number | null)[]) => values.findLast((value) => value !== null) ?? null

function Plots({ samples }: { samples: Sample[] }) {
  const times = samples.map(({ at }) => at / 1000)
  const events = rates(samples, (sample) => sample.events)
  const requests = rates(samples, (sample) => sample.requests)
  const requestMs = meanMs(
    samples,
    (sample) => sample.requestSeconds,
    (sample) => sample.requests,
  )
  const eventMs = meanMs(
    samples,
    (sample) => sample.eventSeconds,
    (sample) => sample.eventsTimed,
  )
  const one = (label: string, color: string, values: (number | null)[]): Series => ({ label, color, values })
  const perSecond = (value: number | null) => (value === null ? '–' : `${value.toFixed(value < 10 ? 1 : 0)}/s`)
  const ms = (value: number | null) => (value === null ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} ms`)
  const last = samples.at(-1)
  const plots = [
    {
      title: 'Throughput: events and requests',
      now: `${perSecond(lastOf(events))} events, ${perSecond(lastOf(requests))} requests`,
      unit: perSecond,
      series: [one('events', '--cti-accent', events), one('requests', '--cti-info', requests)],
    },
    {
      title: 'Latency: requests, and events until recorded',
      now: `${ms(lastOf(requestMs))}, ${ms(lastOf(eventMs))}`,
      unit: ms,
      series: [one('requests', '--cti-info', requestMs), one('events', '--cti-accent', eventMs)],
    },
    {
      title: 'Memory: resident and heap',
      now: last ? `${megabytes(last.rssMb)}, ${megabytes(last.heapMb)}` : '–',
      unit: megabytes,
      series: [
        one(
          'resident',
          '--cti-warn',
          samples.map(({ rssMb }) => rssMb),
        ),
        one(
          'heap',
          '--cti-ok',
          samples.map(({ heapMb }) => heapMb),
        ),
      ],
    },
    {
      title: 'Open WebSocket connections',
      now: last ? count(last.sockets) : '–',
      unit: (value: number) => count(value),
      series: [
        one(
          'sockets',
          '--cti-ok',
          samples.map(({ sockets }) => sockets),
        ),
      ],
    },
  ]
  return plots.map((plot) => (
    <Panel key={plot.title}>
      <div className="panel-body">
        <Plot {...plot} times={times} />
      </div>
    </Panel>
  ))
}

const megabytes = (mb: number): string => `${mb.toFixed(0)} MB`

function uptime(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3600) % 24} h`
}

function Configuration() {
  const { data, error, reload } = useData(
    'config',
    async () => (await api<{ settings: Setting[] }>('GET', '/internal/config')).settings,
  )
  return (
    <Panel title="Configuration">
      {error && (
        <div className="panel-body">
          <Problem error={error} retry={reload} />
        </div>
      )}
      {!data && !error && <Loading />}
      {data && (
        <Table
          label="Configuration"
          head={
            <>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col" className="wide-only">
                Meaning
              </th>
            </>
          }
        >
          {data.map(({ name, value, origin, description }) => (
            <tr key={name}>
              <td className="nowrap">
                <code>{name}</code>
              </td>
              <td>
                {value === null ? <span className="muted">not set</span> : <code>{value}</code>}
                {origin === 'default' && <span className="sub">default</span>}
              </td>
              <td className="wide-only muted">{description}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
