import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { api, onLoggedOut } from './api'
import { BrandIcon } from './icons'
import { Button, Field, Loading, Problem } from './ui'
import { useAction } from './use-data'

export interface Session {
  environment: string
  version: string
  sandbox: boolean
  /** Where a sandbox keeps the admin secret it made for itself. */
  secret_in: string | null
}

/** Shows its children to a logged-in operator, and the login to everybody else. */
export function WithSession({ children }: { children: (session: Session, logout: () => void) => ReactNode }) {
  const [session, setSession] = useState<Session | 'unknown' | null>('unknown')
  const [error, setError] = useState<Error | null>(null)
  const load = () =>
    api<{ session: Session | null }>('GET', '/console/session').then(
      ({ session }) => {
        setError(null)
        setSession(session)
      },
      (problem) => setError(problem),
    )
  useEffect(() => {
    void load()
    return onLoggedOut(() => setSession(null)) as () => void
  }, [])
  async function logout() {
    await api('DELETE', '/console/session')
    setSession(null)
  }
  if (session === 'unknown') return error ? <Problem error={error} retry={load} /> : <Loading />
  if (session === null) return <Login onLogin={setSession} />
  return children(session, () => void logout())
}

function Login({ onLogin }: { onLogin: (session: Session) => void }) {
  const { run, running, error } = useAction(async (secret: string) => {
    const answer = await api<{ session: Session }>('POST', '/console/session', { secret })
    onLogin(answer.session)
  })
  useEffect(() => {
    document.title = 'Log in · CTI server'
  }, [])
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(String(new FormData(event.currentTarget).get('secret')))
  }
  const { secretIn } = document.body.dataset
  return (
    <main className="login">
      <form onSubmit={submit}>
        <span className="brand">
          <BrandIcon /> CTI server
        </span>
        <h1>Log in to the console</h1>
        <Field label="Admin secret" hint="The value of INTERNAL_API_SECRET.">
          <input name="secret" type="password" required autoComplete="current-password" />
        </Field>
        {secretIn && (
          <p className="small muted">
            This sandbox made its own secret. It is in <code>{secretIn}</code>.
          </p>
        )}
        <Problem error={error} />
        <Button type="submit" kind="primary" busy={running}>
          {running ? 'Checking…' : 'Log in'}
        </Button>
      </form>
    </main>
  )
}
