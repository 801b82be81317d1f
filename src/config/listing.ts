import { isSecret, SETTING_NAMES, SETTINGS, type SettingName } from './settings'

export interface ListedSetting {
  name: SettingName
  /** Null when it is not set and has no default. */
  value: string | null
  origin: 'set' | 'default' | 'not set'
  description: string
}

const HIDDEN = '••••••••'

/** Every setting as an operator may see it: secrets, and passwords inside addresses, are hidden. */
export function listSettings(given: Partial<Record<SettingName, string | undefined>>): ListedSetting[] {
  const defaults = SETTINGS.partial().safeParse({}).data ?? {}
  return SETTING_NAMES.map((name) => {
    const set = given[name]
    const preset = (defaults as Record<string, unknown>)[name]
    const value = set ?? (preset === undefined ? null : String(preset))
    return {
      name,
      value: value === null ? null : isSecret(name) ? HIDDEN : value.replace(/(\/\/[^/:@]*):[^/@]*@/, `$1:${HIDDEN}@`),
      origin: set !== undefined ? 'set' : preset === undefined ? 'not set' : 'default',
      description: SETTINGS.shape[name].description ?? '',
    }
  })
}
