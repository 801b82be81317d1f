import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { beginSession, endSession, onSessionEnded } from './api'
import { useAction } from './queries'
import { reloadEverything } from './tracker'
import { Button, Dialog, Field, Problem } from './ui'

export interface Session {
  environment: string
  version: string
  sandbox: boolean
  /** File with the sandbox's generated admin secret. */
  secret_in: string | null
}

/** Data that the server adds to the page after the login. */
export const session: Session = JSON.parse(document.body.dataset.session ?? '{}')

/** Ends the session and reloads. The server then shows the login page. */
export async function logout(): Promise<void> {
  await endSession()
  location.reload()
}

/** When the session ends, asks for the secret in a dialog, so that the page keeps typed text. */
export function WithSession({ children }: { children: ReactNode }) {
  const [ended, setEnded] = useState(false)
  useEffect(() => onSessionEnded(() => setEnded(true)), [])
  return (
    <>
      {children}
      {ended && (
        <LoginDialog
          onLogin={() => {
            setEnded(false)
            reloadEverything()
          }}
        />
      )}
    </>
  )
}

function LoginDialog({ onLogin }: { onLogin: () => void }) {
  const { run, running, error } = useAction(async (secret: string) => {
    await beginSession(secret)
    onLogin()
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(String(new FormData(event.currentTarget).get('secret')))
  }
  return (
    <Dialog title="Your session has ended" dismissible={false} onClose={() => {}}>
      <form className="stack" onSubmit={submit}>
        <p>Log in again to continue. What you typed on this page is still here.</p>
        <Field label="Admin secret" hint="The value of INTERNAL_API_SECRET.">
          <input name="secret" type="password" required autoComplete="current-password" />
        </Field>
        <Problem error={error} />
        <div className="row">
          <Button type="submit" kind="primary" busy={running}>
            {running ? 'Checking…' : 'Log in'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
