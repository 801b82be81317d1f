import { SETTING_NAMES, SETTINGS, type SettingName } from '../../src/config/settings'

const meaningOf = (name: SettingName) => SETTINGS.shape[name].description ?? ''

function defaultOf(name: SettingName): string | null {
  const { data } = SETTINGS.shape[name].safeParse(undefined)
  return data === undefined ? null : String(data)
}

/** docs/settings.md as the settings schema says it. */
export function settingsPage(): string {
  const rows = SETTING_NAMES.map((name) => {
    const value = defaultOf(name)
    return [`\`${name}\``, value === null ? '–' : `\`${value}\``, meaningOf(name).replaceAll('<', '\\<')]
  })
  return `${SETTINGS_INTRODUCTION}\n${table([['name', 'default', 'meaning'], ...rows])}\n`
}

/** .env.example as the settings schema says it. */
export function envExample(): string {
  const blocks = SETTING_NAMES.map((name) => `# ${meaningOf(name)}\n#${name}=${defaultOf(name) ?? ''}`)
  return `${[ENV_INTRODUCTION, ...blocks].join('\n\n')}\n`
}

function table([head, ...rows]: string[][]): string {
  const widths = head!.map((_, column) => Math.max(...[head!, ...rows].map((row) => row[column]!.length)))
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

const SETTINGS_INTRODUCTION = `# Settings

<!-- Generated from the settings schema by \`bun run docs:generate\`. Do not edit. -->

A setting comes from a flag (\`--port 4001\`), from the environment, or from \`.env\` in the directory where the server starts, in that
order. [.env.example](../.env.example) is a template with every setting. \`cti-server config\` shows the value of each and where it comes
from, with secrets hidden.

If a setting is wrong or missing, the server does not start. It lists every problem at once and exits with code 78. A sandbox
needs no settings. Production needs \`INTERNAL_API_SECRET\` (at least 32 characters), \`DIALPAD_WEBHOOK_SECRET\`, and
\`ENCRYPTION_KEY\`; [installation.md](installation.md#set-the-secrets) shows how to make them.
`

const ENV_INTRODUCTION = `# Every setting with its default. To change one, copy this file to .env and remove the # in front of it.
# A sandbox needs no settings. Production needs INTERNAL_API_SECRET, DIALPAD_WEBHOOK_SECRET, and ENCRYPTION_KEY;
# make each with: openssl rand -base64 32`
