import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** One folder holds every file that a run makes, so that its end removes them all. */

const PREFIX = 'cti-test-'
/** Twice what a run needs. */
const MEMORY_BYTES = 6 * 2 ** 30
/** Where runs make their folders: in memory where there is enough, which saves a tenth of the time, else on the disk. */
export const systemTemp = process.env.TMPDIR || (hasRoomInMemory() ? '/dev/shm' : '/tmp')
let root: string | undefined

function hasRoomInMemory(): boolean {
  try {
    const [, mountOptions] = readFileSync('/proc/mounts', 'utf8').match(/ \/dev\/shm tmpfs (\S+)/) ?? []
    const [, kibibytes] = readFileSync('/proc/meminfo', 'utf8').match(/^MemAvailable: +(\d+)/m) ?? []
    const { bavail, bsize } = statfsSync('/dev/shm')
    // Programs that a run compiles must start from there.
    if (!mountOptions || mountOptions.split(',').includes('noexec')) return false
    return Math.min(bavail * bsize, Number(kibibytes) * 1024) > MEMORY_BYTES
  } catch {
    return false
  }
}

/** Makes this run's folder the temporary folder of this process and of the processes it starts. */
export function openScratch(): string {
  for (const name of rootsWithoutProcess()) rmSync(join(systemTemp, name), { recursive: true, force: true })
  root = mkdtempSync(join(systemTemp, `${PREFIX}${process.pid}-`))
  // Postgres does not run as root: its own user must reach the cluster in here.
  chmodSync(root, 0o711)
  process.env.TMPDIR = root
  process.on('exit', removeScratch)
  return root
}

export function removeScratch(): void {
  if (root !== undefined) rmSync(root, { recursive: true, force: true })
}

/** A new, empty folder, removed with the run. @param name says in a listing what it is for. */
export function scratchDir(name: string): string {
  return mkdtempSync(join(root ?? openScratch(), `${name}-`))
}

/** A run that was killed could not remove its folder; the next run does. */
const rootsWithoutProcess = (): string[] =>
  readdirSync(systemTemp).filter((name) => {
    const pid = processOf(name)
    return pid !== null && !isAlive(pid)
  })

/** Whether a name in the temporary folder is the folder of another run, which removes it, or of one that was killed. */
export function isScratchOfAnotherRun(name: string): boolean {
  const pid = processOf(name)
  return pid !== null && pid !== process.pid
}

function processOf(name: string): number | null {
  const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
  return pid === undefined ? null : Number(pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
