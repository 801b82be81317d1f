import { Command } from 'commander'
import { toKeyRotated } from '../apps/model'
import { iso } from '../lib/clock'
import { ACTOR } from './apps'
import { answeringCommand, print } from './print'
import { wholeNumber, withServices } from './session'

const MAX_GRACE_SECONDS = 7 * 86_400

export const keys = () => new Command('keys').description("an app's API key").addCommand(rotate()).addCommand(revoke())

const rotate = () =>
  answeringCommand('rotate', 'make a new key; the old one ends at once, or after a grace')
    .argument('<app-id>', 'the app')
    .option('--grace-seconds <n>', 'how long the old key goes on working', wholeNumber, 0)
    .action((appId: string, flags) =>
      withServices(flags, async ({ apps }) => {
        if (flags.graceSeconds > MAX_GRACE_SECONDS)
          throw new Error(`--grace-seconds is at most ${MAX_GRACE_SECONDS}, seven days`)
        const made = toKeyRotated(await apps.rotateKey(appId, flags.graceSeconds, ACTOR))
        const old = flags.graceSeconds > 0 ? `goes on working for ${flags.graceSeconds} s` : 'has ended'
        print(
          flags.json,
          made,
          `api_key  ${made.api_key}\n\nKeep the key now: it is shown this once. The old key ${old}.`,
        )
      }),
    )

const revoke = () =>
  answeringCommand('revoke', 'end every key of an app, and its open sockets')
    .argument('<app-id>', 'the app')
    .action((appId: string, flags) =>
      withServices(flags, async ({ apps }) => {
        const revoked_at = iso(await apps.revokeKey(appId, ACTOR))
        print(
          flags.json,
          { app_id: appId, revoked_at },
          'The app has no key any more; cti-server keys rotate makes a new one.',
        )
      }),
    )
