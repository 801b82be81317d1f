import { Command } from 'commander'
import { answeringCommand, print } from './print'
import { withServices } from './session'

export const analytics = () =>
  new Command('analytics').description('manage analytics of conversations').addCommand(rebuild())

const rebuild = () =>
  answeringCommand('rebuild', 'rebuild all conversations and figures from the calls')
    .option('--app-id <id>', 'only this app')
    .action((flags) =>
      withServices(flags, async ({ analytics, apps, calls, database }) => {
        const appIds = flags.appId
          ? [(await apps.requireApp(flags.appId)).id]
          : (await apps.store.all(database.queries)).map(({ id }) => id)
        for (const appId of appIds) await calls.conversations.beginRebuild(appId)
        const progress = (what: string) => (done: number) => {
          if (process.stderr.isTTY) process.stderr.write(`\r${done} ${what}`)
        }
        const conversations = await calls.conversations.rebuild(progress('conversations'))
        const hours = await analytics.rollUp.run(progress('hours of figures     '))
        await analytics.rollUp.combine()
        if (process.stderr.isTTY) process.stderr.write('\n')
        print(
          flags.json,
          { conversations, hours },
          `Rebuilt ${conversations} conversations and ${hours} hours of figures.`,
        )
      }),
    )
