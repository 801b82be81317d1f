import { useState } from 'react'
import { admin, read } from '../api'
import { type App, useApps } from '../apps'
import { ago } from '../format'
import { useAction, useData } from '../queries'
import { Button, Chip, Confirm, Dialog, Field, PageHead, Panel, Problem } from '../ui'
import { Copyable, Time } from '../values'
import { Audit, RotateKey } from './app-key'
import { CreateApp, type IssuedKey, KeyDialog } from './create-app'

export function AppsPage() {
  const { apps, app } = useApps()
  return (
    <>
      <PageHead title="Apps and keys">
        An app is one piece of your software. It has its own data, its own stream and one API key.
      </PageHead>
      {apps.map((one) => (
        <AppPanel key={one.app_id} app={one} open={one.app_id === app?.app_id} />
      ))}
      <Panel title={apps.length === 0 ? 'Create the first app' : 'Create another app'}>
        <div className="panel-body">
          <CreateApp />
        </div>
      </Panel>
    </>
  )
}

type AppAction = 'rotate' | 'revoke' | 'delete' | 'rename' | 'deactivate' | null

function AppPanel({ app, open }: { app: App; open: boolean }) {
  const { choose, reload } = useApps()
  const params = { path: { app_id: app.app_id } }
  const [asking, setAsking] = useState<AppAction>(null)
  const [issued, setIssued] = useState<IssuedKey | null>(null)
  const key = useData(`key ${app.app_id}`, () => read(admin.GET('/internal/apps/{app_id}/api-key/status', { params })))
  const activate = useAction(async () => {
    await admin.PATCH('/internal/apps/{app_id}', { params, body: { active: true } })
    await reload()
  })
  const close = () => setAsking(null)
  return (
    <Panel
      title={app.app_name}
      actions={
        <>
          {!app.active && <Chip tone="bad">inactive</Chip>}
          {key.data && !key.data.has_active_key && <Chip tone="warn">no key</Chip>}
          {open ? (
            <Chip tone="accent">shown in the console</Chip>
          ) : (
            <Button small onClick={() => choose(app.app_id)}>
              Show in the console
            </Button>
          )}
        </>
      }
    >
      <div className="panel-body">
        <dl className="facts">
          <dt>App id</dt>
          <dd>
            <Copyable value={app.app_id} label="the app id" mono />
          </dd>
          <dt>Created</dt>
          <dd>
            <Time at={app.created_at} />
          </dd>
          <dt>API key</dt>
          <dd>
            {key.data ? (
              key.data.has_active_key ? (
                <>
                  <code>{key.data.key_hint}</code>, created {ago(key.data.last_rotated)},{' '}
                  {key.data.last_used_at === null ? 'never used' : `last used ${ago(key.data.last_used_at)}`}
                </>
              ) : (
                'None. No client can use the app until its key is rotated.'
              )
            ) : (
              '…'
            )}
          </dd>
        </dl>
        <Problem error={key.error ?? activate.error} />
        <div className="row">
          <Button small onClick={() => setAsking('rotate')}>
            Rotate the key
          </Button>
          <Button small onClick={() => setAsking('rename')}>
            Rename
          </Button>
          {app.active ? (
            <Button small onClick={() => setAsking('deactivate')}>
              Deactivate
            </Button>
          ) : (
            <Button small busy={activate.running} onClick={() => void activate.run()}>
              Activate
            </Button>
          )}
          <Button small kind="danger" disabled={!key.data?.has_active_key} onClick={() => setAsking('revoke')}>
            Revoke the key
          </Button>
          <Button small kind="danger" onClick={() => setAsking('delete')}>
            Delete
          </Button>
        </div>
        <Audit app={app} version={key.data?.key_hint ?? ''} />
      </div>
      {asking === 'rotate' && (
        <RotateKey
          app={app}
          onClose={close}
          onRotated={(made) => {
            close()
            setIssued(made)
            void key.reload()
          }}
        />
      )}
      {issued && <KeyDialog issued={issued} onClose={() => setIssued(null)} />}
      {asking === 'rename' && <Rename app={app} onClose={close} />}
      {asking === 'deactivate' && (
        <Confirm
          title={`Deactivate ${app.app_name}?`}
          action="Deactivate"
          onConfirm={async () => {
            await admin.PATCH('/internal/apps/{app_id}', { params, body: { active: false } })
            await reload()
          }}
          onClose={close}
        >
          Its key and open connections stop working until it is activated again. Events are still recorded.
        </Confirm>
      )}
      {asking === 'revoke' && (
        <Confirm
          title={`Revoke the key of ${app.app_name}?`}
          action="Revoke the key"
          onConfirm={async () => {
            await admin.POST('/internal/apps/{app_id}/api-key/revoke', { params })
            await key.reload()
          }}
          onClose={close}
        >
          All requests and open connections of the app end immediately. This cannot be undone. Rotating creates a new
          key.
        </Confirm>
      )}
      {asking === 'delete' && (
        <Confirm
          title={`Delete ${app.app_name}?`}
          action="Delete permanently"
          typed={app.app_name}
          onConfirm={async () => {
            await admin.DELETE('/internal/apps/{app_id}', { params })
            await reload()
          }}
          onClose={close}
        >
          This also deletes its calls, messages, voicemails, customers and key. This cannot be undone.
        </Confirm>
      )}
    </Panel>
  )
}

function Rename({ app, onClose }: { app: App; onClose: () => void }) {
  const { reload } = useApps()
  const { run, running, error } = useAction(async (name: string) => {
    await admin.PATCH('/internal/apps/{app_id}', { params: { path: { app_id: app.app_id } }, body: { name } })
    await reload()
    onClose()
  })
  return (
    <Dialog title={`Rename ${app.app_name}`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void run(String(new FormData(event.currentTarget).get('name')).trim())
        }}
      >
        <Field label="Name of the app">
          <input name="name" required maxLength={100} defaultValue={app.app_name} autoComplete="off" />
        </Field>
        <Problem error={error} />
        <div className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={running}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
