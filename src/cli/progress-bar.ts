import type { WriteStream } from 'node:tty'

const WIDTH = 24
const PAUSE_MS = 100

/** A progress bar on one line. Prints nothing if the output is not a terminal. */
export function createProgressBar(out: Pick<WriteStream, 'isTTY' | 'write'>) {
  let drawnAt = 0
  return {
    show(label: string, done: number, total: number): void {
      const now = performance.now()
      if (!out.isTTY || (done < total && now - drawnAt < PAUSE_MS)) return
      drawnAt = now
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const filled = Math.round(share * WIDTH)
      out.write(`\r\x1b[K[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %  ${label}`)
    },
    /** Clears the line. */
    end(): void {
      if (out.isTTY && drawnAt > 0) out.write('\r\x1b[K')
    },
  }
}
