import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDir } from '../support/scratch'
import { createInstance } from './instance'
import { type Outcome, runTrial } from './run-load'

/** SQLite on a small file system that is filled to its last byte under load, and freed again. */

const FULL_MS = 6000

/** @returns null where this user may mount no file system. */
export async function fillDisk(rounds: number, seed: number): Promise<Outcome | null> {
  const folder = scratchDir('fault-disk')
  const mount = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', folder])
  if (mount.exitCode !== 0) return null
  try {
    const instance = await createInstance({ DATA_DIR: join(folder, 'data') })
    return await runTrial({
      what: 'disk full, SQLite',
      instances: [instance],
      rounds,
      seed,
      async harm(random) {
        for (let round = 0; round < rounds; round++) {
          await Bun.sleep(random.between(500, 2000))
          fillUp(join(folder, 'ballast'))
          await Bun.sleep(FULL_MS)
          // Also a kill while nothing can be written.
          if (round % 2 === 1) await instance.kill()
          rmSync(join(folder, 'ballast'))
          if (round % 2 === 1) instance.start()
          await instance.ready()
        }
        await Bun.sleep(1000)
      },
    })
  } finally {
    Bun.spawnSync(['umount', '-l', folder])
  }
}

function fillUp(path: string): void {
  for (const size of [1024 * 1024, 4096, 256])
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
}
