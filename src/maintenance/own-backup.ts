import { join } from 'node:path'
import type { Config } from '../config/settings'

/**
 * Runs `cti-server backup` in a process of its own: copying a large database would hold up everything else here.
 * @returns what makes a backup, and what ends one under way.
 */
export function createBackupProcess({ given }: Config) {
  const program = Bun.isStandaloneExecutable
    ? [process.execPath]
    : [process.execPath, join(import.meta.dir, '../main.ts')]
  let running: Bun.Subprocess | null = null

  return {
    /** @throws Error with what the command said. */
    async backUp(path: string): Promise<void> {
      const child = Bun.spawn([...program, 'backup', path], {
        env: given as Record<string, string>,
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'pipe',
      })
      running = child
      try {
        const reason = await new Response(child.stderr).text()
        if ((await child.exited) !== 0) throw new Error(reason.trim() || `it ended with code ${child.exitCode}`)
      } finally {
        running = null
      }
    },
    async stop(): Promise<void> {
      running?.kill()
      await running?.exited
    },
  }
}
