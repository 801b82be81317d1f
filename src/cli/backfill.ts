import { InvalidArgumentError } from 'commander'
import { iso } from '../lib/clock'
import { parseInstant } from '../lib/instant'
import { commandWithSettings, withServices } from './session'

export const backfill = () =>
  commandWithSettings('backfill', 'recover missed calls from Dialpad', [
    'DATA_DIR',
    'DATABASE_URL',
    'DIALPAD_API_KEY',
    'DIALPAD_BASE_URL',
    'NODE_ENV',
  ])
    .option('--app-id <id>', 'only this app; default all connected apps')
    .option('--since <instant>', 'start of the range, such as 2026-01-29T12:00:00Z', instant)
    .option('--json', 'print JSON, for scripts')
    .action((flags: Record<string, unknown> & { appId?: string; since?: number; json?: boolean }) =>
      withServices(flags, async ({ dialpad }) => {
        const apps = flags.appId ? [flags.appId] : await dialpad.connectedApps()
        const results = []
        for (const appId of apps) {
          const result = await dialpad.backfill.run(appId, flags.since ?? null, showProgress(appId))
          results.push({ app_id: appId, ...result, from: iso(result.from), to: iso(result.to) })
        }
        if (process.stderr.isTTY) process.stderr.write('\n')
        console.log(flags.json ? JSON.stringify({ backfills: results }, null, 2) : inWords(results))
      }),
    )

const BAR = 30

/** Prints a progress bar on a terminal, and nothing in a script. */
function showProgress(appId: string) {
  return ({ seen, recovered, done }: { seen: number; recovered: number; done: number }) => {
    if (!process.stderr.isTTY) return
    const bar = '█'.repeat(Math.round(done * BAR)).padEnd(BAR, '░')
    process.stderr.write(`\r${appId} ${bar} ${Math.round(done * 100)} %  ${seen} calls seen, ${recovered} recovered`)
  }
}

function inWords(results: { app_id: string; calls_seen: number; calls_recovered: number; from: string }[]): string {
  if (results.length === 0) return 'No app is connected to Dialpad. Set DIALPAD_API_KEY or create a connect link.'
  const lines = results.map(
    ({ app_id, calls_seen, calls_recovered, from }) =>
      `${app_id}: ${calls_seen} calls seen since ${from}, ${calls_recovered} recovered`,
  )
  const recovered = results.some(({ calls_recovered }) => calls_recovered > 0)
  return recovered ? [...lines, 'A running server processes them within seconds.'].join('\n') : lines.join('\n')
}

function instant(text: string): number {
  const parsed = parseInstant(text)
  if ('problem' in parsed) throw new InvalidArgumentError(parsed.problem)
  return parsed.at
}
