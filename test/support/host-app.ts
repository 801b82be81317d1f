import { join } from 'node:path'

/** An application of somebody who knows the kit's packages alone: its sources, and the commands its author types. */

const INDEX = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Field service</title>
<link rel="icon" href="data:,">
<div id="root"></div>
<script type="module" src="/src/main.tsx"></script>
`

const APP = `import { useState } from 'react'
import { type CtiClient, CtiProvider, type IncomingCall } from 'cti-react'
import CallButton from 'cti-react/CallButton'
import DialpadCTI from 'cti-react/DialpadCTI'

export interface Seen {
  external_number: string | null
  contact: string | null
  customer: string | undefined
}

export function App(props: { client: CtiClient; dialpadOrigin: string; seen: Seen[]; errors: string[] }) {
  const [record, setRecord] = useState<string>()
  const handleIncomingCall = (callData: IncomingCall) => {
    const { external_number, contact, customer } = callData
    props.seen.push({ external_number, contact: contact?.name ?? null, customer: customer?.id })
    setRecord(customer?.id)
  }
  const handleAuth = (authenticated: boolean, userId: number | null) => {
    document.title = authenticated ? 'User ' + userId : 'Nobody'
  }
  const icon = { phoneNumber: '(555) 123-4567', customerName: 'Icon', variant: 'icon' } as const
  return (
    <CtiProvider client={props.client}>
      <h1>Record: {record ?? 'none'}</h1>
      <CallButton phoneNumber="555-765-4321" customerName="Grace Hopper" customerId="c-1" jobId="1001" variant="primary" size="md" />
      <CallButton {...icon} size="sm" />
      <CallButton {...icon} />
      <CallButton {...icon} size="lg" />
      <DialpadCTI
        clientId="client-logged-in"
        dialpadOrigin={props.dialpadOrigin}
        onIncomingCall={handleIncomingCall}
        onAuthenticationChange={handleAuth}
        onError={(error) => props.errors.push(error.message)}
      />
    </CtiProvider>
  )
}
`

const MAIN = `import { StrictMode, version } from 'react'
import { createRoot } from 'react-dom/client'
import { CtiClient } from 'cti-react'
import { dialpadService } from 'cti-react/DialpadService'
import { App, type Seen } from './app'

const query = new URLSearchParams(location.search)
const text = (name: string) => query.get(name) ?? ''
const seen: Seen[] = []
const errors: string[] = []
const users: (number | null)[] = []
dialpadService.on('authentication', ({ userId }) => users.push(userId))
Object.assign(window, {
  host: {
    version,
    seen,
    errors,
    users,
    // The programmatic call of the requirement document, as it stands there.
    call: () =>
      dialpadService.initiateCall('+15551234567', {
        customData: JSON.stringify({
          customerName: 'John Doe',
          customerId: 'cust_123',
          jobId: 'job_456',
          source: 'field_service',
        }),
      }),
  },
})
const client = new CtiClient({ baseUrl: text('server'), token: text('token'), userId: query.get('user') ?? undefined })
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App client={client} dialpadOrigin={text('dialpad')} seen={seen} errors={errors} />
  </StrictMode>,
)
`

const SSR = `import { createElement, version } from 'react'
import { renderToString } from 'react-dom/server'
import { CallButton, CtiClient, CtiProvider, DialpadCTI } from 'cti-react'

const client = new CtiClient({ baseUrl: 'https://cti.example.com', token: 't' })
const page = createElement(
  CtiProvider,
  { client },
  createElement(DialpadCTI, { clientId: 'id' }),
  createElement(CallButton, { phoneNumber: '5551234567', customerName: 'Grace' }),
)
console.log(JSON.stringify({ version, node: process.version, html: renderToString(page) }))
`

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    jsx: 'react-jsx',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  },
  include: ['src'],
}

/** Writes the application. @returns its folder. */
export async function writeHostApp(folder: string): Promise<string> {
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ name: 'host', private: true, type: 'module' }),
    'index.html': INDEX,
    'tsconfig.json': JSON.stringify(TSCONFIG),
    'src/app.tsx': APP,
    'src/main.tsx': MAIN,
    'ssr.js': SSR,
  }
  for (const [path, text] of Object.entries(files)) await Bun.write(join(folder, path), text)
  return folder
}

/** Runs a command in a folder. @returns what it printed. @throws Error with all it printed when it fails. */
export async function run(folder: string, ...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { cwd: folder, stdout: 'pipe', stderr: 'pipe', env: process.env })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}\n${out}\n${err}`)
  return out
}

export const npmInstall = (folder: string, ...packages: string[]): Promise<string> =>
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', ...packages)

/** Whether hosts of the kit can be built here: a machine with Bun alone has no npm. */
export const hasNode = Bun.which('node') !== null && Bun.which('npm') !== null
