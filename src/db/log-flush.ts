import { closeSync, fdatasync, openSync } from 'node:fs'

/**
 * Flushes SQLite's write-ahead log to disk without blocking the event loop. SQLite itself commits with
 * `synchronous = NORMAL`, which writes to the log and leaves the flush to the operating system. Call `flushed` to wait until
 * a commit is on disk. Commits that wait at the same time share one flush.
 */
export function createLogFlush(path: string) {
  let descriptor: number | null = null
  let running: Promise<void> | null = null
  let next: Promise<void> | null = null
  /** After a failed flush the state of the disk is unknown, and a later flush would succeed without writing the lost data. */
  let failure: Error | null = null

  async function flush(): Promise<void> {
    if (failure) throw failure
    try {
      descriptor ??= openSync(path, 'r+')
      const open = descriptor
      await new Promise<void>((resolve, reject) => fdatasync(open, (error) => (error ? reject(error) : resolve())))
    } catch (error) {
      const message = 'The database could not be flushed to disk. Check the disk, then restart the server.'
      failure = Object.assign(new Error(message, { cause: error }), { code: 'SQLITE_IOERR' })
      throw failure
    } finally {
      running = null
    }
  }

  const begin = (): Promise<void> => {
    running = flush()
    return running
  }

  return {
    /** Resolves when everything committed before this call is on disk. @throws when a flush failed, now or earlier. */
    flushed(): Promise<void> {
      if (!running) return begin()
      // The running flush may have started before the caller's commit.
      next ??= running
        .catch(() => {})
        .then(() => {
          next = null
          return begin()
        })
      return next
    },
    /** @throws when a flush has failed. */
    check(): void {
      if (failure) throw failure
    },
    close(): void {
      if (descriptor !== null) closeSync(descriptor)
      descriptor = null
    },
  }
}
