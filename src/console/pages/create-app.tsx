import { type FormEvent, useState } from 'react'
import { api } from '../api'
import { useApps } from '../apps'
import { useAction } from '../queries'
import { Button, Dialog, Field, Notice, Problem, Secret } from '../ui'

export interface IssuedKey {
  app_id: string
  app_name: string
  api_key: string
}

export function CreateApp() {
  const { reload, choose } = useApps()
  const [issued, setIssued] = useState<IssuedKey | null>(null)
  const { run, running, error } = useAction(async (name: string) => {
    setIssued(await api<IssuedKey>('POST', '/internal/apps', { name }))
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(String(new FormData(event.currentTarget).get('name')).trim())
  }
  async function close() {
    choose(issued!.app_id)
    setIssued(null)
    await reload()
  }
  return (
    <>
      <form className="stack" onSubmit={submit}>
        <Field label="Name of the app">
          <input name="name" required maxLength={100} placeholder="e.g. CRM" autoComplete="off" />
        </Field>
        <Button type="submit" kind="primary" busy={running}>
          {running ? 'Creating…' : 'Create the app'}
        </Button>
      </form>
      <Problem error={error} />
      {issued && <KeyDialog issued={issued} onClose={() => void close()} />}
    </>
  )
}

/** The one time a key is shown. */
export function KeyDialog({ issued, onClose }: { issued: IssuedKey; onClose: () => void }) {
  return (
    <Dialog title={`The API key of ${issued.app_name}`} onClose={onClose}>
      <Notice tone="warn">Copy it now: the server keeps no readable copy and never shows it again.</Notice>
      <Secret label="the API key" value={issued.api_key} />
      <p className="small muted">
        Your software sends it as <code>x-app-api-key</code>. Keep it on servers; give browsers a token from{' '}
        <code>POST /api/tokens</code>.
      </p>
      <div className="row">
        <Button kind="primary" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  )
}
