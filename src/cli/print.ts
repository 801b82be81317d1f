import type { Command } from 'commander'
import type { SettingName } from '../config/settings'
import { commandWithSettings, DATABASE_SETTINGS } from './session'

/** A command that prints text, or JSON with --json. */
export const answeringCommand = (
  name: string,
  description: string,
  shown: SettingName[] = DATABASE_SETTINGS,
): Command => commandWithSettings(name, description, shown).option('--json', 'print JSON, for scripts')

export function print(json: boolean | undefined, value: object, text: string): void {
  console.log(json ? JSON.stringify(value, null, 2) : text)
}
