import { expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { buildBinary } from '../support/process'
import { ADMIN_SECRET, startTestServer, WEBHOOK_SECRET } from '../support/server'
import { until } from '../support/until'
import { startWebhookReceiver } from '../support/webhook-receiver'

const environment = {
  PATH: process.env.PATH ?? '',
  INTERNAL_API_SECRET: ADMIN_SECRET,
  DIALPAD_WEBHOOK_SECRET: WEBHOOK_SECRET,
}

async function run(args: string[], env: Record<string, string>) {
  const child = Bun.spawn([await buildBinary(), ...args], {
    env: { ...environment, ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

test('an endpoint is managed from the command line beside a running server, which delivers at its next sweep', async () => {
  const DATABASE_URL = await freshUrl.sqlite()
  const server = await startTestServer(DATABASE_URL)
  const receiver = startWebhookReceiver()
  const { appId } = await server.createApp('One')
  const cli = async (...args: string[]) => {
    const { out, err } = await run(['endpoints', ...args, '--app-id', appId, '--json'], { DATABASE_URL })
    if (!out) throw new Error(err)
    return JSON.parse(out)
  }
  const created = await cli('create', receiver.url, '--events', 'call.*')
  receiver.secret = created.secret
  const { id } = created.endpoint
  expect((await cli('list')).endpoints).toMatchObject([{ id, events: ['call.*'], active: true }])
  expect(await cli('test', id)).toMatchObject({ delivered: true, attempt: { response_status: 200 } })
  await server.runJob('endpoint sweep')
  const { database, stream } = server.services
  const entry = { event: 'call.ring', userId: null, dialpadUserId: null, data: {} }
  await database.transaction((tx) => stream.store.append(tx, appId, [entry], Date.now()))
  await until('the delivery', () => receiver.taken.length === 1)
  await until('its outcome', async () => (await cli('deliveries', id)).deliveries.length === 1)
  expect((await cli('redeliver', id, `${id}_1`)).delivery.status).toBe('pending')
  await server.runJob('endpoint sweep')
  await until('the second delivery', () => receiver.taken.length === 2)
  expect((await cli('update', id, '--pause')).endpoint.active).toBe(false)
  expect((await cli('update', id, '--activate')).endpoint.active).toBe(true)
  expect((await cli('rotate-secret', id)).secret).not.toBe(created.secret)
  expect((await cli('delete', id)).endpoint_id).toBe(id)
  receiver.stop()
  await server.stop()
}, 60_000)

test('simulate --endpoint shows each entry arrive as a verified delivery', async () => {
  const server = await startTestServer(await freshUrl.sqlite())
  const { out, code } = await run(
    ['simulate', '--url', server.url, '--only', 'call', '--step-ms', '20', '--endpoint'],
    {
      DATABASE_URL: 'sqlite::memory:',
    },
  )
  expect(code).toBe(0)
  expect(out).toMatch(/← endpoint #1 call\.ring {2}verified, webhook-id \S+_1/)
  expect(out).not.toContain('not valid')
  const { apps } = (await server.admin('GET', '/internal/apps')).body
  expect((await server.admin('GET', `/internal/apps/${apps[0].app_id}/endpoints`)).body.endpoints).toEqual([])
  await server.stop()
}, 60_000)
