import { type FormEvent, useCallback, useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import './example.css'
import {
  CallButton,
  CtiClient,
  CtiProvider,
  type Customer,
  DialpadCTI,
  type PhoneCall,
  readableNumber,
  useCalls,
  useConnection,
} from './react'

/** A small field-service desk: an example of an application with the kit. */

interface Login {
  token: string
  clientId: string
  userId: string
}

const STORED = 'cti-example-login'
const { clientId: configuredClientId, dialpadOrigin } = document.body.dataset

function storedLogin(): Login | null {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const token = fragment.get('token')
  if (token) {
    history.replaceState(null, '', location.pathname)
    return { token, clientId: configuredClientId ?? '', userId: fragment.get('user_id') ?? '' }
  }
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Login | null
  } catch {
    return null
  }
}

function Example() {
  const [login, setLogin] = useState(storedLogin)
  const client = useMemo(
    () => login && new CtiClient({ token: login.token, ...(login.userId && { userId: login.userId }) }),
    [login],
  )
  useEffect(() => {
    if (login) sessionStorage.setItem(STORED, JSON.stringify(login))
    else sessionStorage.removeItem(STORED)
  }, [login])
  return (
    <main>
      <header>
        <h1>Field service desk</h1>
        <p>An example application with the CTI kit: place calls, receive calls, and follow their progress.</p>
      </header>
      {client && login ? (
        <CtiProvider client={client}>
          <Desk client={client} login={login} onLogout={() => setLogin(null)} />
        </CtiProvider>
      ) : (
        <LoginForm onLogin={setLogin} />
      )}
    </main>
  )
}

function LoginForm({ onLogin }: { onLogin: (login: Login) => void }) {
  const [problem, setProblem] = useState<string | null>(null)
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const credential = String(form.get('credential')).trim()
    const userId = String(form.get('user_id')).trim()
    const clientId = String(form.get('client_id')).trim()
    try {
      const token = credential.startsWith('raw_') ? await exchange(credential, userId) : credential
      await new CtiClient({ token }).calls.active()
      onLogin({ token, clientId, userId })
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <section className="card">
      <h2>Connect</h2>
      <form onSubmit={submit}>
        <label>
          Client token or API key
          <input name="credential" type="password" required autoComplete="off" />
        </label>
        <label>
          CRM user (optional)
          <input name="user_id" autoComplete="off" />
        </label>
        <label>
          Dialpad CTI client id
          <input name="client_id" required defaultValue={configuredClientId} autoComplete="off" />
        </label>
        <button type="submit">Connect</button>
      </form>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <p>
        This page exchanges a key for a one-hour token and does not store the key. In your application, your backend
        requests the token from <code>POST /api/tokens</code> and passes only the token to the browser.
      </p>
    </section>
  )
}

async function exchange(apiKey: string, userId: string): Promise<string> {
  const client = new CtiClient({ token: apiKey })
  const body = { ttl_seconds: 3600, ...(userId && { user_id: userId }) }
  return (await client.request<{ token: string }>('POST', '/api/tokens', { body })).token
}

function Desk({ client, login, onLogout }: { client: CtiClient; login: Login; onLogout: () => void }) {
  const [customers, setCustomers] = useState<Customer[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const [lastCaller, setLastCaller] = useState<PhoneCall | null>(null)
  const connection = useConnection()
  const onIncomingCall = useCallback((call: PhoneCall) => setLastCaller(call), [])
  useEffect(() => {
    client.customers.list({ limit: 20 }).then(
      (answer) => setCustomers(answer.customers),
      (error) => setProblem(error.message),
    )
  }, [client])
  return (
    <>
      <section className="card">
        <h2>Jobs today</h2>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <ul>
          {customers.map((customer, index) => (
            <li key={customer.id}>
              <span>
                {customer.name}
                <small>
                  Job {1001 + index} · {customer.phones.map((phone) => readableNumber(phone)).join(', ') || 'no number'}
                </small>
              </span>
              {customer.phones[0] && (
                <CallButton
                  phoneNumber={customer.phones[0]}
                  customerName={customer.name}
                  customerId={customer.external_id}
                  jobId={String(1001 + index)}
                  variant="secondary"
                />
              )}
            </li>
          ))}
        </ul>
        {customers.length === 0 && !problem && (
          <p>
            The customer directory is empty. Fill it with <code>PUT /api/customers</code>, or call any number below.
          </p>
        )}
      </section>
      <AnyNumber />
      <section className="card">
        <h2>Calls</h2>
        <CallList />
        {lastCaller && (
          <p>
            Last ring: {lastCaller.name ?? lastCaller.phone_number} {lastCaller.job_id && `(job ${lastCaller.job_id})`}
          </p>
        )}
      </section>
      {connection === 'refused' && (
        <p className="problem" role="alert">
          The token has expired or was revoked. Log out and connect again.
        </p>
      )}
      <p>
        <button type="button" className="cti-button" data-variant="secondary" data-size="sm" onClick={onLogout}>
          Log out
        </button>
      </p>
      <DialpadCTI clientId={login.clientId} onIncomingCall={onIncomingCall} {...(dialpadOrigin && { dialpadOrigin })} />
    </>
  )
}

function AnyNumber() {
  const [fields, setFields] = useState({ number: '', customer: '', job: '' })
  const field = (name: keyof typeof fields, label: string, type = 'text') => (
    <label>
      {label}
      <input
        type={type}
        value={fields[name]}
        onChange={(event) => setFields({ ...fields, [name]: event.target.value })}
        autoComplete="off"
      />
    </label>
  )
  return (
    <section className="card">
      <h2>Any number</h2>
      <form onSubmit={(event) => event.preventDefault()}>
        {field('number', 'Phone number', 'tel')}
        {field('customer', 'Customer id (optional)')}
        {field('job', 'Job id (optional)')}
        <div>
          <CallButton
            phoneNumber={fields.number}
            {...(fields.customer && { customerId: fields.customer })}
            {...(fields.job && { jobId: fields.job })}
            disabled={fields.number.trim() === ''}
          />
        </div>
      </form>
    </section>
  )
}

function CallList() {
  const calls = useCalls()
  if (calls.length === 0) return <p>No calls in progress. Call one of your numbers, or press a call button.</p>
  return (
    <ul aria-label="Calls">
      {calls.map((call) => {
        const number = call.direction === 'inbound' ? call.from_number : call.to_number
        return (
          <li key={call.id} data-status={call.status}>
            <span>
              {call.customer?.name ?? call.contact?.name ?? (number ? readableNumber(number) : 'Unknown number')}
              <small>
                {call.direction} · {call.customer_id ? `customer ${call.customer_id}` : 'no customer'} ·{' '}
                {call.job_id ? `job ${call.job_id}` : 'no job'}
              </small>
            </span>
            <strong>{call.status}</strong>
          </li>
        )
      })}
    </ul>
  )
}

// biome-ignore lint/style/noNonNullAssertion: the page that loads this has it
createRoot(document.getElementById('root')!).render(<Example />)
