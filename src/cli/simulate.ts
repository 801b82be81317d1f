import { Option } from 'commander'
import { SignJWT } from 'jose'
import { SCENARIOS } from './scenarios'
import { commandWithSettings, configOf, EXIT, wholeNumber } from './session'

type ScenarioName = keyof typeof SCENARIOS
const NAMES = Object.keys(SCENARIOS) as ScenarioName[]

export const simulate = () =>
  commandWithSettings('simulate', 'send realistic, signed events to a running server and show what it made of them', [
    'PORT',
    'DATA_DIR',
    'DIALPAD_WEBHOOK_SECRET',
  ])
    .option('--url <url>', 'the server; http://localhost:<PORT> unless given')
    .option('--step-ms <ms>', 'time between two events, in milliseconds', wholeNumber, 1000)
    .option('--api-key <key>', 'the app whose socket is listened to; an app `Simulation` is made when there is none')
    .addOption(new Option('--only <scenario>', 'one scenario instead of all').choices(NAMES))
    .action(async (flags) => {
      const config = configOf(flags)
      const url = (flags.url ?? `http${config.tls ? 's' : ''}://localhost:${config.port}`).replace(/\/+$/, '')
      await assertRunning(url)
      const app = flags.apiKey ? { apiKey: flags.apiKey as string } : await prepareApp(url, config.internal.apiSecret)
      const heard = app ? await listen(url, app.apiKey) : null
      const secret = config.dialpad.webhookSecrets[0]!
      let failed = 0
      for (const name of flags.only ? [flags.only as ScenarioName] : NAMES)
        failed += await play(url, secret, name, flags.stepMs)
      // The last entry follows its event within milliseconds; half a second is ample.
      await Bun.sleep(500)
      heard?.close()
      if (app) await showCalls(url, app.apiKey)
      if (failed > 0) process.exitCode = EXIT.failed
    })

async function play(url: string, secret: string, name: ScenarioName, stepMs: number): Promise<number> {
  const { title, events } = SCENARIOS[name](stepMs, Date.now())
  console.log(`\nSending ${title}:`)
  let failed = 0
  for (const { afterMs, says, payload } of events) {
    await Bun.sleep(afterMs)
    const jwt = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(secret))
    const answer = await fetch(`${url}/webhooks/dialpad`, {
      method: 'POST',
      body: jwt,
      headers: { 'content-type': 'application/jwt' },
    })
    if (!answer.ok) failed++
    const told = answer.ok ? `answered ${answer.status}` : `refused ${answer.status}: ${(await answer.json()).detail}`
    console.log(`  → ${says.padEnd(34)} ${told}`)
  }
  return failed
}

async function assertRunning(url: string): Promise<void> {
  try {
    await fetch(`${url}/live`)
  } catch {
    throw new Error(`No server answers at ${url}. Start one with \`cti-server\`, or name it with --url.`)
  }
}

/** On a server without any app there is nobody to receive for: it makes one. With apps, their keys are not known here. */
async function prepareApp(url: string, adminSecret: string): Promise<{ apiKey: string } | null> {
  const admin = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' }
  const list = await fetch(`${url}/internal/apps?limit=2`, { headers: admin })
  if (list.status === 401)
    throw new Error(
      'The server does not accept this admin secret: use the same DATA_DIR or INTERNAL_API_SECRET as it does.',
    )
  const { apps } = (await list.json()) as { apps: { app_id: string; app_name: string }[] }
  if (apps.length > 1)
    console.log('The server has several apps: the events are kept as unrouted unless one owns the organisation.')
  if (apps.length > 0) {
    console.log('Pass --api-key to see on a socket what the app hears.')
    return null
  }
  const created = await fetch(`${url}/internal/apps`, {
    method: 'POST',
    headers: admin,
    body: JSON.stringify({ name: 'Simulation' }),
  })
  const { app_id, api_key } = (await created.json()) as { app_id: string; api_key: string }
  console.log(`Made the app "Simulation" (${app_id}).\n  Its API key, shown this once: ${api_key}`)
  return { apiKey: api_key }
}

function listen(url: string, apiKey: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws?api_key=${apiKey}`)
  socket.onmessage = ({ data }) => {
    const entry = JSON.parse(String(data)) as Record<string, unknown>
    if (entry.type) return console.log(`\nSocket: ${JSON.stringify(entry)}`)
    const { event, seq, status, from_number, to_number, duration_seconds } = entry
    const duration = duration_seconds === undefined ? '' : ` ${duration_seconds} s`
    console.log(`  ← socket #${seq} ${event} ${status ?? ''} ${from_number} → ${to_number}${duration}`)
  }
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket)
    socket.onerror = () => reject(new Error('The socket was refused: is the API key right?'))
  })
}

async function showCalls(url: string, apiKey: string): Promise<void> {
  const answer = await fetch(`${url}/api/calls?limit=5`, { headers: { 'x-app-api-key': apiKey } })
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
  console.log(`Look yourself:\n  curl -H 'x-app-api-key: ${apiKey}' ${url}/api/calls`)
}
