import { Option } from 'commander'
import { SignJWT } from 'jose'
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../simulator/scenarios'
import { commandLine } from './own-command'
import { commandWithSettings, configOf, EXIT, wholeNumber } from './session'
import { type AskAdmin, startEndpoint } from './simulated-endpoint'

export const simulate = () =>
  commandWithSettings('simulate', 'send realistic, signed events to a running server and show the results', [
    'PORT',
    'DATA_DIR',
    'DIALPAD_WEBHOOK_SECRET',
  ])
    .option('--url <url>', 'URL of the server; default http://localhost:<PORT>')
    .option('--step-ms <ms>', 'time between two events, in milliseconds', wholeNumber, 1000)
    .option('--app-id <id>', 'app to call, required if the server has several; creates one if it has none')
    .option('--endpoint', 'also receive the entries as signed webhooks, with a local receiver and a temporary endpoint')
    .addOption(new Option('--only <scenario>', 'run only this scenario').choices(SCENARIO_NAMES))
    .action(async (flags) => {
      const config = configOf(flags)
      const url = (flags.url ?? `http${config.tls ? 's' : ''}://localhost:${config.port}`).replace(/(?<!\/)\/+$/, '')
      await assertRunning(url)
      const ask = askAdmin(url, config.internal.apiSecret)
      const app = await chooseApp(ask, flags.appId)
      const socket = await listen(url, app.token)
      // biome-ignore lint/style/noNonNullAssertion: the settings have at least one secret
      const secret = config.dialpad.webhookSecrets[0]!
      const stopEndpoint = flags.endpoint ? await startEndpoint(ask, app.appId) : null
      let failed = 0
      for (const name of flags.only ? [flags.only as ScenarioName] : SCENARIO_NAMES)
        failed += await play(url, secret, name, flags.stepMs, app.orgId)
      // The last entry follows its event within milliseconds.
      await Bun.sleep(500)
      socket.close()
      await stopEndpoint?.()
      await showCalls(url, app)
      if (failed > 0) process.exitCode = EXIT.failed
    })

async function play(
  url: string,
  secret: string,
  name: ScenarioName,
  stepMs: number,
  orgId: number | null,
): Promise<number> {
  const { title, events } = SCENARIOS[name](stepMs, Date.now())
  console.log(`\nSending ${title}:`)
  let failed = 0
  for (const { afterMs, says, payload } of events) {
    await Bun.sleep(afterMs)
    const jwt = await new SignJWT(orgId === null ? payload : { ...payload, org_id: orgId })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(secret))
    const answer = await fetch(`${url}/webhooks/dialpad`, {
      method: 'POST',
      body: jwt,
      headers: { 'content-type': 'application/jwt' },
    })
    if (!answer.ok) failed++
    const result = answer.ok
      ? `accepted ${answer.status}`
      : `rejected ${answer.status}: ${(await answer.json()).detail}`
    console.log(`  → ${says.padEnd(34)} ${result}`)
  }
  return failed
}

async function assertRunning(url: string): Promise<void> {
  try {
    await fetch(`${url}/live`)
  } catch {
    throw new Error(`No server responds at ${url}. Set --url, or start a server: ${commandLine('serve')}`)
  }
}

interface ChosenApp {
  appId: string
  /** Token with read access to the app's data for an hour. */
  token: string
  /** Organization id in the events, so that the shared route finds the app. */
  orgId: number | null
  /** API key of a newly created app. */
  apiKey: string | null
}

interface ListedApp {
  app_id: string
  app_name: string
  dialpad_org_id: number | null
}

const askAdmin =
  (url: string, adminSecret: string): AskAdmin =>
  async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    if (answer.status === 401)
      throw new Error('The server rejected this admin secret. Use its DATA_DIR or INTERNAL_API_SECRET.')
    if (!answer.ok) throw new Error(((await answer.json()) as { detail: string }).detail)
    return answer.json() as Promise<T>
  }

/** The app of the events: the given one, the only one, or a new one. */
async function chooseApp(ask: AskAdmin, wanted: string | undefined): Promise<ChosenApp> {
  const tokenOf = async (appId: string) =>
    (await ask<{ token: string }>('POST', `/internal/apps/${appId}/tokens`, {})).token

  const { apps } = await ask<{ apps: ListedApp[] }>('GET', '/internal/apps?limit=100')
  if (apps.length === 0) {
    const made = await ask<{ app_id: string; api_key: string }>('POST', '/internal/apps', { name: 'Simulation' })
    console.log(`Created the app "Simulation" (${made.app_id}).\n  API key, shown only once: ${made.api_key}`)
    return { appId: made.app_id, token: await tokenOf(made.app_id), orgId: null, apiKey: made.api_key }
  }
  const app = wanted ? apps.find(({ app_id }) => app_id === wanted) : apps.length === 1 ? apps[0] : undefined
  if (!app) {
    const known = apps.map(({ app_id, app_name }) => `  ${app_id}  ${app_name}`).join('\n')
    throw new Error(`Select the app with --app-id. Apps of the server:\n${known}`)
  }
  if (apps.length > 1 && app.dialpad_org_id === null)
    throw new Error(
      `The app "${app.app_name}" has no dialpad_org_id, so the shared route cannot find it among several apps. Set one, or send a simulated call from the console.`,
    )
  console.log(`Calling the app "${app.app_name}" (${app.app_id}).`)
  return { appId: app.app_id, token: await tokenOf(app.app_id), orgId: app.dialpad_org_id, apiKey: null }
}

function listen(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws?token=${token}`)
  socket.onmessage = ({ data }) => {
    const entry = JSON.parse(String(data)) as Record<string, unknown>
    if (entry.type) return console.log(`\nSocket: ${JSON.stringify(entry)}`)
    const { event, seq, status, from_number, to_number, duration_seconds } = entry
    const duration = duration_seconds === undefined ? '' : ` ${duration_seconds} s`
    console.log(`  ← socket #${seq} ${event} ${status ?? ''} ${from_number} → ${to_number}${duration}`)
  }
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket)
    socket.onerror = () => reject(new Error('The socket was rejected. Does a proxy block WebSockets?'))
  })
}

async function showCalls(url: string, { token, apiKey }: ChosenApp): Promise<void> {
  const answer = await fetch(`${url}/api/calls?limit=5`, { headers: { authorization: `Bearer ${token}` } })
  const { calls } = (await answer.json()) as { calls: Record<string, unknown>[] }
  console.log('\nThe newest calls in the history:')
  console.table(
    calls.map(({ status, direction, from_number, to_number, duration_seconds, conversation_id }) => ({
      status,
      direction,
      from_number,
      to_number,
      duration_seconds,
      conversation_id,
    })),
  )
  const key = apiKey ?? "<the app's API key>"
  console.log(`Try it:\n  curl -H 'x-app-api-key: ${key}' ${url}/api/calls`)
}
