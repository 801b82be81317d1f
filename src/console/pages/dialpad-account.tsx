import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import type { App } from '../apps'
import { useDialpadAccess } from '../dialpad-access'
import { type Tone, when } from '../format'
import { useAction, useData } from '../queries'
import { Button, Chip, Confirm, Empty, Loading, Notice, Panel, Problem, Secret } from '../ui'

type Connection = Schemas['Connection']

const CONNECTION_TONE: Record<Connection['status'], Tone> = { connected: 'ok', failing: 'bad', disconnected: 'plain' }

export function Connections({ app }: { app: App }) {
  const { data, error, reload } = useData(
    `connections ${app.app_id}`,
    async () => {
      const query = { limit: 100 }
      return (await read(admin.GET('/internal/dialpad/connections', { params: { query } }))).connections
    },
    10_000,
  )
  const [ending, setEnding] = useState<Connection | null>(null)
  const [link, setLink] = useState<string | null>(null)
  const connect = useAction(async () => {
    const answer = await read(
      admin.POST('/internal/apps/{app_id}/dialpad/connect-link', { params: { path: { app_id: app.app_id } } }),
    )
    setLink(answer.url)
  })
  const backfill = useAction(() =>
    admin.POST('/internal/dialpad/connections/backfill', { body: { app_id: app.app_id } }),
  )
  const [filled, setFilled] = useState(false)
  // Without a connection, access comes from the API key.
  const hasAccess = useDialpadAccess(app.app_id)
  const mine = data?.filter(({ app_id }) => app_id === app.app_id) ?? []
  return (
    <Panel
      title="Account"
      actions={
        <>
          {mine.length > 0 && (
            <Button small busy={backfill.running} onClick={async () => setFilled(await backfill.run())}>
              Fetch missed calls
            </Button>
          )}
          <Button
            small
            {...(mine.length === 0 && !hasAccess && { kind: 'primary' as const })}
            busy={connect.running}
            onClick={() => void connect.run()}
          >
            {mine.length === 0 ? 'Connect the account' : 'Connect again'}
          </Button>
        </>
      }
    >
      <div className="panel-body">
        <Problem error={error ?? connect.error ?? backfill.error} />
        {filled && <Notice tone="ok">Fetching missed calls. They will appear under Calls.</Notice>}
        {link && (
          <>
            <Notice>
              <span>
                Open this link once, within 24 hours, logged in to Dialpad as an administrator:{' '}
                <a href={link} target="_blank" rel="noreferrer noopener">
                  connect at Dialpad
                </a>
                .
              </span>
            </Notice>
            <Secret label="the link" value={link} />
          </>
        )}
        {!data && !error && <Loading />}
        {data && mine.length === 0 && !link && (
          <Empty title={hasAccess ? 'Connected with DIALPAD_API_KEY' : 'No account is connected'}>
            {hasAccess
              ? 'The key is in the configuration of this server and takes precedence over a connected account.'
              : 'With a connected account, this server can create webhooks, play recordings, place calls and fetch missed calls. You can also set a static DIALPAD_API_KEY.'}
          </Empty>
        )}
        {mine.map((connection) => (
          <div className="row" key={connection.id}>
            <Chip tone={CONNECTION_TONE[connection.status]}>{connection.status}</Chip>
            <strong>{connection.company_name ?? 'Dialpad account'}</strong>
            <span className="muted">
              {connection.org_id !== null && `organization ${connection.org_id}, `}since {when(connection.created_at)}
            </span>
            {connection.status !== 'disconnected' && (
              <span className="end">
                <Button small kind="danger" onClick={() => setEnding(connection)}>
                  Disconnect
                </Button>
              </span>
            )}
            {connection.last_error && <Notice tone="bad">{connection.last_error}</Notice>}
          </div>
        ))}
      </div>
      {ending && (
        <Confirm
          title="Disconnect the account?"
          action="Disconnect"
          onConfirm={async () => {
            await admin.DELETE('/internal/dialpad/connections/{id}', { params: { path: { id: ending.id } } })
            await reload()
          }}
          onClose={() => setEnding(null)}
        >
          The server revokes its access at Dialpad. Webhooks keep delivering until you delete them, but recordings no
          longer play. Connecting again requires an administrator of the Dialpad account.
        </Confirm>
      )}
    </Panel>
  )
}
