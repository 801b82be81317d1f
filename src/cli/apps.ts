import { Command } from 'commander'
import type { Services } from '../app/compose'
import { toApp, toAppCreated } from '../apps/model'
import type { AppRow } from '../apps/store'
import { commandLine, databaseFlags } from './own-command'
import { answeringCommand, print } from './print'
import { withServices } from './session'

const PAGE = 100
/** Actor in the audit log of keys. */
export const ACTOR = 'cli'

export const apps = () =>
  new Command('apps').description('manage the apps (tenants) of this server').addCommand(list()).addCommand(create())

const list = () =>
  answeringCommand('list', 'list all apps, newest first').action((flags) =>
    withServices(flags, async (services) => {
      const rows = (await everyApp(services)).map(toApp)
      const lines = rows.map(
        ({ app_id, active, created_at, app_name }) =>
          `${app_id}  ${active ? 'active  ' : 'inactive'}  ${created_at}  ${app_name}`,
      )
      const next = `No apps yet. Create one: ${commandLine('apps', 'create', 'NAME', ...databaseFlags())}`
      print(flags.json, { apps: rows }, lines.join('\n') || next)
    }),
  )

const create = () =>
  answeringCommand('create', 'create an app and its API key')
    .argument('<name>', 'name of the app')
    .action((name: string, flags) =>
      withServices(flags, async (services) => {
        const trimmed = name.trim()
        if (trimmed === '' || trimmed.length > 200) throw new Error('the name must have 1 to 200 characters')
        const made = toAppCreated(await services.apps.create(trimmed, ACTOR), await services.events.router.warnings())
        const warnings = made.warnings.map(({ message, action }) => `\n\n⚠ ${message} ${action}`).join('')
        print(
          flags.json,
          made,
          `app_id   ${made.app_id}\napi_key  ${made.api_key}\n\nStore the key now. It is shown only once.${warnings}`,
        )
      }),
    )

async function everyApp(services: Services): Promise<AppRow[]> {
  const all: AppRow[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { rows, pagination } = await services.apps.list({ limit: PAGE, cursor })
    all.push(...rows)
    cursor = pagination.next_cursor
  }
  return all
}
