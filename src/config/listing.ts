import { type Config, isSecret, SETTING_NAMES, SETTINGS, type SettingName } from './settings'

export interface ListedSetting {
  name: SettingName
  /** Null if the setting is not set and has no default. */
  value: string | null
  /** `generated`: the sandbox generated the secret. */
  origin: 'set' | 'default' | 'generated' | 'not set'
  description: string
}

const HIDDEN = '••••••••'
/** Generated secrets of a sandbox. */
const GENERATED = new Set<SettingName>(['INTERNAL_API_SECRET', 'DIALPAD_WEBHOOK_SECRET', 'ENCRYPTION_KEY'])

/** Lists all settings for the operator. Hides secrets, and passwords in URLs. */
export function listSettings({ given, production }: Pick<Config, 'given' | 'production'>): ListedSetting[] {
  const defaults = SETTINGS.partial().safeParse({}).data ?? {}
  return SETTING_NAMES.map((name) => {
    const description = SETTINGS.shape[name].description ?? ''
    const set = given[name]
    if (set === undefined && !production && GENERATED.has(name))
      return { name, value: HIDDEN, origin: 'generated', description }
    const preset = (defaults as Record<string, unknown>)[name]
    const value = set ?? (preset === undefined ? null : String(preset))
    return {
      name,
      value: value === null ? null : isSecret(name) ? HIDDEN : value.replace(/(\/\/[^/:@]*):[^/@]*@/, `$1:${HIDDEN}@`),
      origin: set !== undefined ? 'set' : preset === undefined ? 'not set' : 'default',
      description,
    }
  })
}
