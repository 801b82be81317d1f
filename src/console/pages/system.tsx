import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { count } from '../format'
import { useHealth } from '../health'
import { LoadPlots, type LoadRange, megabytes, useLoad } from '../load-plots'
import { setParams, usePlace } from '../navigation'
import { type Data, useData } from '../queries'
import type { Session } from '../session.tsx'
import { Button, Chip, Field, Loading, PageHead, Panel, Problem, Table } from '../ui'
import { Backups } from './backups'
import { Encryption } from './encryption'

export function SystemPage({ session }: { session: Session }) {
  const health = useHealth()
  const range: LoadRange = usePlace().params.get('range') === 'day' ? 'day' : 'hour'
  const load = useLoad(range)
  const config = useData('config', async () => (await read(admin.GET('/internal/config'))).settings)
  const last = load.data?.samples.at(-1)
  return (
    <>
      <PageHead
        title="System"
        actions={
          <Field label="Load of the last">
            <select value={range} onChange={(event) => setParams({ range: event.target.value })}>
              <option value="hour">hour</option>
              <option value="day">day</option>
            </select>
          </Field>
        }
      >
        Health, load, backups and configuration of this server.
      </PageHead>
      <Problem error={health.error ?? load.error} />
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
          <dd>{last ? count(last.sockets) : '–'}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{last ? megabytes(last.rss_mb) : '–'}</dd>
        </div>
      </dl>
      {load.data ? <LoadPlots load={load.data} /> : !load.error && <Loading />}
      <Backups />
      <Encryption keyOrigin={config.data?.find(({ name }) => name === 'ENCRYPTION_KEY')?.origin} />
      <Configuration config={config} />
    </>
  )
}

function uptime(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3600) % 24} h`
}

const ORIGINS: Record<string, string> = { default: 'default', generated: 'made by this sandbox' }

type Setting = Schemas['Settings']['settings'][number]

/** The settings that somebody chose, and all of them on request. */
function Configuration({ config: { data, error, reload } }: { config: Data<Setting[]> }) {
  const [all, setAll] = useState(false)
  const isChosen = ({ origin }: Setting) => origin === 'set' || origin === 'generated'
  const shown = all ? data : data?.filter(isChosen)
  return (
    <Panel
      title="Configuration"
      actions={
        data && (
          <Button small onClick={() => setAll(!all)}>
            {all ? 'Show only what is set' : `Show all ${data.length} settings`}
          </Button>
        )
      }
    >
      {error && (
        <div className="panel-body">
          <Problem error={error} retry={reload} />
        </div>
      )}
      {!data && !error && <Loading />}
      {shown && (
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
          {shown.map(({ name, value, origin, description }) => (
            <tr key={name}>
              <td className="nowrap">
                <code>{name}</code>
              </td>
              <td>
                {value === null ? <span className="muted">not set</span> : <code>{value}</code>}
                {ORIGINS[origin] && <span className="sub">{ORIGINS[origin]}</span>}
              </td>
              <td className="wide-only muted">{description}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
