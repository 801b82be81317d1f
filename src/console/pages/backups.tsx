import { useState } from 'react'
import { admin, read } from '../api'
import { bytes } from '../format'
import { useAction, useData } from '../queries'
import { toast } from '../toasts'
import { Button, Empty, Loading, Notice, Panel, Problem, Table } from '../ui'
import { Time } from '../values'

/** Makes, lists and downloads backups of a SQLite database. */
export function Backups() {
  const [waiting, setWaiting] = useState(false)
  const { data, error } = useData(
    'backups',
    async () => {
      const answer = await read(admin.GET('/internal/backups', { params: { query: { limit: 100 } } }))
      if (waiting && answer.in_progress === null) {
        setWaiting(false)
        if (!answer.last_error) toast('The backup is complete and verified.')
      }
      return answer
    },
    waiting ? 700 : 30_000,
  )
  const make = useAction(async () => {
    await read(admin.POST('/internal/backups'))
    setWaiting(true)
  })
  const download = useAction(async (name: string) => {
    const { url } = await read(admin.POST('/internal/backups/{name}/link', { params: { path: { name } } }))
    // The response is an attachment, so the page remains.
    location.assign(url)
  })
  const isBusy = waiting || make.running || (data?.in_progress ?? null) !== null
  return (
    <Panel
      title="Backups"
      actions={
        data?.available && (
          <Button small kind="primary" busy={isBusy} onClick={() => void make.run()}>
            {isBusy ? 'Backing up…' : 'Back up now'}
          </Button>
        )
      }
    >
      <div className="panel-body">
        <Problem error={error ?? make.error ?? download.error} />
        {!data && !error && <Loading />}
        {data?.last_error && (
          <Notice tone="bad">
            The last backup failed: {data.last_error.message} (<Time at={data.last_error.failed_at} />)
          </Notice>
        )}
        {data && !data.available && (
          <p>
            This server uses Postgres. Back it up with <code>pg_dump</code>.
          </p>
        )}
        {data?.available && (
          <p className="muted">
            Each backup is a consistent, verified copy of the whole database. The server keeps the newest {data.keep}.
            Download one to store it elsewhere.
          </p>
        )}
      </div>
      {data?.available &&
        (data.backups.length === 0 ? (
          <Empty title="No backup yet">
            Create one now, or set <code>BACKUP_SCHEDULE</code> for regular backups.
          </Empty>
        ) : (
          <Table
            label="Backups"
            head={
              <>
                <th scope="col">Created</th>
                <th scope="col" className="wide-only">
                  File
                </th>
                <th scope="col" className="number">
                  Size
                </th>
                <th scope="col">
                  <span className="hidden">Download</span>
                </th>
              </>
            }
          >
            {data.backups.map(({ name, bytes: size, made_at }) => (
              <tr key={name}>
                <td className="nowrap">
                  <Time at={made_at} />
                </td>
                <td className="wide-only mono">{name}</td>
                <td className="number">{bytes(size)}</td>
                <td className="actions">
                  <Button small label={`Download ${name}`} onClick={() => void download.run(name)}>
                    Download
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        ))}
    </Panel>
  )
}
