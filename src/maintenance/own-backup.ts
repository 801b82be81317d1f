import { join } from 'node:path'
import type { Config } from '../config/settings'

/**
 * Runs `cti-server backup` in a separate process, because copying a large database would block this one.
 * @returns a function that makes a backup, and one that ends the backup in progress.
 */
export function createBackupProcess({ given }: Config) {
  const program = Bun.isStandaloneExecutable
    ? [process.execPath]
    : [process.execPath, join(import.meta.dir, '../main.ts')]
  let running: Bun.Subprocess | null = null

  return {
    /** @throws Error with the output of the command. */
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
