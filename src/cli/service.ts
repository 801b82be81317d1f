import { existsSync, writeFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import systemdUnit from '../../deploy/cti-server.service' with { type: 'text' }
import { commandLine } from './own-command'

const SYSTEMS = ['systemd', 'launchd', 'windows'] as const
type System = (typeof SYSTEMS)[number]
const UNIT_PATH = '/etc/systemd/system/cti-server.service'

export const service = () =>
  new Command('service')
    .description('run the server as a system service')
    .addCommand(
      new Command('print')
        .description('print the service definition')
        .addArgument(new Argument('[system]', 'service manager').choices(SYSTEMS))
        .action((system: System | undefined) => console.log(definition(system ?? ownSystem(), process.execPath))),
    )
    .addCommand(
      new Command('install')
        .description('install a systemd unit for this binary (Linux, as root)')
        .option('--path <file>', 'path of the unit', UNIT_PATH)
        .action(({ path }: { path: string }) => install(path)),
    )

function install(path: string): void {
  if (process.platform !== 'linux')
    throw new Error(`Only systemd is supported. On this system run: ${commandLine('service', 'print')}`)
  if (!Bun.isStandaloneExecutable)
    throw new Error('Run this command with the compiled binary. To build it: bun run build')
  if (existsSync(path)) throw new Error(`${path} already exists. Delete it first.`)
  writeFileSync(path, definition('systemd', process.execPath), { mode: 0o644 })
  console.log(`Wrote ${path}. Add the settings to /etc/cti-server.env (mode 0600), then run:
  systemctl daemon-reload
  systemctl enable --now cti-server`)
}

const ownSystem = (): System =>
  process.platform === 'darwin' ? 'launchd' : process.platform === 'win32' ? 'windows' : 'systemd'

function definition(system: System, binary: string): string {
  if (system === 'systemd') return systemdUnit.replace(/^ExecStart=.*$/m, () => `ExecStart=${binary} serve`).trimEnd()
  return system === 'launchd' ? launchd(binary) : windows(binary)
}

const launchd = (binary: string) => `<?xml version="1.0" encoding="UTF-8"?>
<!-- sudo cp this to /Library/LaunchDaemons/cti-server.plist; sudo launchctl bootstrap system /Library/LaunchDaemons/cti-server.plist -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>cti-server</string>
  <key>ProgramArguments</key><array><string>${Bun.escapeHTML(binary)}</string><string>serve</string></array>
  <key>WorkingDirectory</key><string>/usr/local/var/cti-server</string>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
</dict>
</plist>`

/** The binary is not a Windows service, so a scheduled task starts it with the machine. */
const windows = (binary: string) => `# In an administrator's PowerShell. Settings: .env in the working directory.
$action = New-ScheduledTaskAction -Execute '${binary.replaceAll("'", "''")}' -Argument 'serve' -WorkingDirectory "$env:ProgramData\\cti-server"
$trigger = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero)
Register-ScheduledTask -TaskName 'cti-server' -Action $action -Trigger $trigger -Settings $settings -User 'NT AUTHORITY\\LOCAL SERVICE'`
