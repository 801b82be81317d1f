import { getLogger } from '@logtape/logtape'
import { backoffMs } from '../lib/backoff'
import { createWorkerFigures } from './worker-figures'
import type { FromWorker, ToWorker } from './worker-messages'

/** Several processes of this program on one port: this one starts them, and starts again what ends. */

const RESTART_BASE_MS = 200
const RESTART_MAX_MS = 30_000
/** A worker that ran for so long starts again at once, however often it ended before. */
const STEADY_MS = 60_000
const STOP_WITHIN_MS = 20_000

const log = getLogger(['cti', 'workers'])

export type WorkerProcess = Bun.Subprocess<'ignore', 'inherit', 'inherit'>

export interface Workers {
  url: string
  /** Stops every worker; each finishes what is in hand. */
  stop(): Promise<void>
}

/**
 * Starts the first worker, which brings the database up to date, then the others.
 * @throws when one of them cannot start; the others are stopped again.
 */
export async function startWorkers({
  count,
  spawn,
  report,
}: {
  count: number
  spawn(number: number, receive: (message: FromWorker) => void): WorkerProcess
  /** Takes a line for a person. */
  report(line: string): void
}): Promise<Workers> {
  const running = new Map<number, WorkerProcess>()
  const restarts = new Map<number, Timer>()
  const say = (number: number, message: ToWorker) => running.get(number)?.send(message)
  const figures = createWorkerFigures((number, id) => say(number, { kind: 'collect', id }))
  let stopping = false
  let isStarted = false
  process.on('exit', () => {
    for (const worker of running.values()) worker.kill('SIGKILL')
  })

  async function answer(number: number, id: number): Promise<void> {
    const all = await figures.collect([...running.keys()])
    say(number, { kind: 'answer', id, all })
  }

  /** @param failures how often it ended in a row. @returns its address, once it serves. */
  function start(number: number, failures = 0): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let serves = false
    const worker = spawn(number, (message) => {
      if (message.kind === 'ready') {
        serves = true
        log.info('worker {number} of {count} runs as process {pid}', { number, count, pid: worker.pid })
        resolve(message.url)
      } else if (message.kind === 'figures') figures.receive(number, message.id, message.figures)
      else if (message.kind === 'ask') void answer(number, message.id)
      else if (number === 1 && !isStarted && message.line.startsWith('✓')) report(message.line)
    })
    running.set(number, worker)
    const startedAt = performance.now()
    void worker.exited.then((code) => {
      running.delete(number)
      void figures.end(number)
      const how = String(worker.signalCode ?? `code ${code}`)
      reject(new Error(`Worker ${number} of ${count} could not start: it ended with ${how}.`))
      if ((serves || isStarted) && !stopping)
        startAgain(number, how, performance.now() - startedAt > STEADY_MS ? 1 : failures + 1)
    })
    return promise
  }

  function startAgain(number: number, how: string, failures: number): void {
    const waitMs = backoffMs(failures, RESTART_BASE_MS, RESTART_MAX_MS)
    log.error('worker {number} ended with {how} and starts again in {waitMs} ms', { number, how, waitMs })
    const timer = setTimeout(() => start(number, failures).catch(() => {}), waitMs)
    restarts.set(number, timer)
  }

  async function stop(): Promise<void> {
    stopping = true
    for (const timer of restarts.values()) clearTimeout(timer)
    const workers = [...running.values()]
    for (const worker of workers) worker.kill('SIGTERM')
    const late = setTimeout(() => {
      for (const worker of workers) worker.kill('SIGKILL')
    }, STOP_WITHIN_MS)
    await Promise.all(workers.map(({ exited }) => exited))
    clearTimeout(late)
  }

  try {
    const url = await start(1)
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 2)))
    isStarted = true
    report(`✓ ${count} workers started`)
    report(`Server running on ${url}`)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
