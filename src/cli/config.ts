import { listSettings } from '../config/listing'
import { SETTING_NAMES, type SettingName, settingValues, unknownSettings } from '../config/settings'
import { answeringCommand, print } from './print'
import { configOf } from './session'

export const config = () =>
  answeringCommand('config', 'show all settings with value and origin; hides secrets', [...SETTING_NAMES]).action(
    (flags) => {
      const settings = listSettings(configOf(flags)).map((setting) => ({
        ...setting,
        origin: originOf(setting, flags),
      }))
      const unknown = unknownSettings(settingValues())
      const lines = settings.map(({ name, value, origin }) =>
        `${name.padEnd(30)} ${origin.padEnd(12)} ${value ?? '-'}`.trimEnd(),
      )
      const strays = unknown.map((name) => `unknown setting ${name}; is it misspelled?`)
      print(flags.json, { settings, unknown }, [...lines, ...strays].join('\n'))
    },
  )

/** Flags take precedence over the environment, which includes .env. */
function originOf({ name, origin }: { name: SettingName; origin: string }, flags: Record<string, unknown>): string {
  if (origin !== 'set') return origin
  return flags[name] === undefined ? 'environment' : 'flag'
}
