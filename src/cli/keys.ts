import { Command } from 'commander'
import { toKeyRotated } from '../apps/model'
import { iso } from '../lib/clock'
import { ACTOR } from './apps'
import { commandLine, databaseFlags } from './own-command'
import { answeringCommand, print } from './print'
import { wholeNumber, withServices } from './session'

const MAX_GRACE_SECONDS = 7 * 86_400

export const keys = () =>
  new Command('keys').description('manage the API key of an app').addCommand(rotate()).addCommand(revoke())

const rotate = () =>
  answeringCommand('rotate', 'create a new key; the old one ends immediately, or after a grace period')
    .argument('<app-id>', 'the app')
    .option('--grace-seconds <n>', 'how long the old key remains valid', wholeNumber, 0)
    .action((appId: string, flags) =>
      withServices(flags, async ({ apps }) => {
        if (flags.graceSeconds > MAX_GRACE_SECONDS)
          throw new Error(`--grace-seconds is at most ${MAX_GRACE_SECONDS}, seven days`)
        const made = toKeyRotated(await apps.rotateKey(appId, flags.graceSeconds, ACTOR))
        const old = flags.graceSeconds > 0 ? `remains valid for ${flags.graceSeconds} s` : 'is no longer valid'
        print(
          flags.json,
          made,
          `api_key  ${made.api_key}\n\nStore the key now. It is shown only once. The old key ${old}.`,
        )
      }),
    )

const revoke = () =>
  answeringCommand('revoke', 'revoke all keys of an app and close its sockets')
    .argument('<app-id>', 'the app')
    .action((appId: string, flags) =>
      withServices(flags, async ({ apps }) => {
        const revoked_at = iso(await apps.revokeKey(appId, ACTOR))
        print(
          flags.json,
          { app_id: appId, revoked_at },
          `All keys are revoked. Create a new one: ${commandLine('keys', 'rotate', appId, ...databaseFlags())}`,
        )
      }),
    )
