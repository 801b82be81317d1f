import { Command, InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import type { Services } from '../app/compose'
import { DELIVERY_STATUSES } from '../db/tables'
import { endpointHandlers } from '../endpoints/handlers'
import type { Endpoint } from '../endpoints/model'
import { answeringCommand, print } from './print'
import { wholeNumber, withServices } from './session'

export const endpoints = () =>
  new Command('endpoints')
    .description('manage outgoing webhooks: URLs of your software that receive stream entries')
    .addCommand(list())
    .addCommand(create())
    .addCommand(update())
    .addCommand(remove())
    .addCommand(rotateSecret())
    .addCommand(test())
    .addCommand(deliveries())
    .addCommand(redeliver())
    .addCommand(replay())

type Handlers = ReturnType<typeof endpointHandlers>
type Shown = z.infer<typeof Endpoint>

/** A running server picks up every change within seconds. */
const command = (name: string, description: string) =>
  answeringCommand(name, description).requiredOption('--app-id <id>', 'app of the endpoint')

const withHandlers = (
  flags: Record<string, unknown>,
  work: (handle: Handlers, appId: string, services: Services) => Promise<void>,
) =>
  withServices(flags, (services) =>
    work(endpointHandlers(services.endpoints.management), String(flags.appId), services),
  )

const list = () =>
  command('list', "list an app's endpoints, newest first").action((flags) =>
    withHandlers(flags, async (handle, appId) => {
      const answer = await handle.list(appId, { limit: 100 })
      print(flags.json, { endpoints: answer.endpoints }, answer.endpoints.map(lineOf).join('\n') || 'None.')
    }),
  )

const create = () =>
  command('create', 'add an endpoint; prints its signing secret, shown only this time')
    .argument('<url>', 'URL that receives the entries')
    .option('--events <patterns>', 'event patterns such as call.*,message.received; default all events', patterns)
    .option('--user-id <id>', 'only entries of this CRM user')
    .option('--description <text>', 'description')
    .option('--since <seq>', 'also deliver the entries after this seq', wholeNumber)
    .action((url: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { events, userId: user_id, description, since } = flags
        const made = await handle.create(appId, { url, events, user_id, description, since })
        const { endpoint, secret } = made
        print(
          flags.json,
          { endpoint, secret },
          `id      ${endpoint.id}\nsecret  ${secret}\n\nStore the secret now: it is shown only once.`,
        )
      }),
    )

const update = () =>
  command('update', 'change an endpoint; --activate continues where the deliveries stopped')
    .argument('<id>', 'the endpoint')
    .option('--url <url>', 'URL that receives the entries')
    .option('--events <patterns>', 'event patterns such as call.*,message.received', patterns)
    .option('--description <text>', 'description')
    .addOption(new Option('--activate', 'continue, or enable a disabled endpoint').conflicts('pause'))
    .option('--pause', 'deliver nothing until it is activated')
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { url, events, description } = flags
        const active = flags.activate ? true : flags.pause ? false : undefined
        const { endpoint } = await handle.update(appId, id, { url, events, description, active })
        print(flags.json, { endpoint }, lineOf(endpoint))
      }),
    )

const remove = () =>
  command('delete', 'delete an endpoint with its deliveries')
    .argument('<id>', 'the endpoint')
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { endpoint_id } = await handle.remove(appId, id)
        print(flags.json, { endpoint_id }, `Deleted ${endpoint_id}.`)
      }),
    )

const rotateSecret = () =>
  command('rotate-secret', 'create a new signing secret; the old one also signs for 24 hours')
    .argument('<id>', 'the endpoint')
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { endpoint, secret } = await handle.rotateSecret(appId, id)
        const until = `The previous secret also signs until ${endpoint.previous_secret_until}.`
        print(flags.json, { endpoint, secret }, `secret  ${secret}\n\nStore it now: it is shown only once. ${until}`)
      }),
    )

const test = () =>
  command('test', 'send a signed test message and show the response')
    .argument('<id>', 'the endpoint')
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { delivered, attempt } = await handle.test(appId, id)
        const text = delivered
          ? `Delivered: ${attempt.response_status} after ${attempt.latency_ms} ms.`
          : `Not delivered: ${attempt.error}`
        print(flags.json, { delivered, attempt }, text)
        if (!delivered) process.exitCode = 1
      }),
    )

const deliveries = () =>
  command('deliveries', 'list deliveries, highest seq first')
    .argument('<id>', 'the endpoint')
    .addOption(new Option('--status <status>', 'only deliveries with this status').choices(DELIVERY_STATUSES))
    .option('--limit <n>', '1 to 100', oneToHundred, 50)
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const answer = await handle.deliveries(appId, id, { status: flags.status, limit: flags.limit })
        const lines = answer.deliveries.map(({ id: delivery, event, status, attempts }) => {
          const last = attempts.at(-1)
          const outcome = last?.error ?? `${last?.response_status ?? '-'} after ${last?.latency_ms ?? '-'} ms`
          return `${delivery}  ${status.padEnd(9)}  ${event.padEnd(24)}  ${attempts.length} attempts, last: ${outcome}`
        })
        print(flags.json, { deliveries: answer.deliveries }, lines.join('\n') || 'None.')
      }),
    )

const redeliver = () =>
  command('redeliver', 'deliver one entry again')
    .argument('<id>', 'the endpoint')
    .argument('<delivery-id>', 'the webhook-id of the delivery')
    .action((id: string, deliveryId: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { delivery } = await handle.redeliver(appId, id, deliveryId)
        print(flags.json, { delivery }, `${delivery.id} is pending; a running server delivers it within seconds.`)
      }),
    )

const replay = () =>
  command('replay', 'deliver every entry after a seq again')
    .argument('<id>', 'the endpoint')
    .requiredOption('--since <seq>', 'the last entry that is not delivered again', wholeNumber)
    .action((id: string, flags) =>
      withHandlers(flags, async (handle, appId) => {
        const { endpoint, gap } = await handle.replay(appId, id, { since: flags.since })
        const missing = gap ? ` The entries ${gap.from} to ${gap.to} were purged.` : ''
        print(
          flags.json,
          { endpoint, gap },
          `A running server delivers everything after ${endpoint.delivered_seq}, beginning within seconds.${missing}`,
        )
      }),
    )

function lineOf({ id, active, disabled_reason, delivered_seq, url, last_error }: Shown): string {
  const state = active ? 'active' : disabled_reason ? `disabled (${disabled_reason})` : 'paused'
  return `${id}  ${state.padEnd(18)}  seq ${delivered_seq}  ${url}${last_error ? `  ${last_error}` : ''}`
}

function patterns(text: string): string[] {
  return text.split(',').map((pattern) => pattern.trim())
}

function oneToHundred(text: string): number {
  const value = wholeNumber(text)
  if (value < 1 || value > 100) throw new InvalidArgumentError('must be 1 to 100')
  return value
}
