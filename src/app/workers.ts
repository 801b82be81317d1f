import { getLogger } from '@logtape/logtape'
import { backoffMs } from '../lib/backoff'
import { createWorkerFigures } from './worker-figures'
import type { FromWorker, ToWorker } from './worker-messages'

/** Runs several worker processes on one port, and restarts those that exit. */

const RESTART_BASE_MS = 200
const RESTART_MAX_MS = 30_000
/** A worker that ran for this long is restarted immediately, regardless of earlier failures. */
const STEADY_MS = 60_000
const STOP_WITHIN_MS = 20_000

const log = getLogger(['cti', 'workers'])

export type WorkerProcess = Bun.Subprocess<'ignore', 'inherit', 'inherit'>

export interface Workers {
  url: string
  /** Stops all workers. Each finishes its requests in progress. */
  stop(): Promise<void>
  /** Resolves when the database has answered every worker that runs. */
  checkDatabase(): Promise<void>
}

/**
 * Starts the first worker, which migrates the database, then the others.
 * @throws if a worker cannot start, after stopping the others.
 */
export async function startWorkers({
  count,
  spawn,
  report,
}: {
  count: number
  spawn(number: number, receive: (message: FromWorker) => void): WorkerProcess
  /** Prints a line of progress. */
  report(line: string): void
}): Promise<Workers> {
  const running = new Map<number, WorkerProcess>()
  const restarts = new Map<number, Timer>()
  const send = (number: number, message: ToWorker) => running.get(number)?.send(message)
  /** Called when a worker's database has answered, by the worker's number. */
  const unchecked = new Map<number, () => void>()
  const figures = createWorkerFigures((number, id) => send(number, { kind: 'collect', id }))
  let stopping = false
  let isStarted = false
  process.on('exit', () => {
    for (const worker of running.values()) worker.kill('SIGKILL')
  })

  async function answer(number: number, id: number): Promise<void> {
    const all = await figures.collect([...running.keys()])
    send(number, { kind: 'answer', id, all })
  }

  /** @param failures number of consecutive exits. @returns the worker's URL, once it is ready. */
  function start(number: number, failures = 0): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let serves = false
    const worker = spawn(number, (message) => {
      if (message.kind === 'ready') {
        serves = true
        log.info('worker {number} of {count} runs as process {pid}', { number, count, pid: worker.pid })
        resolve(message.url)
      } else if (message.kind === 'figures') figures.receive(number, message.id, message.figures)
      else if (message.kind === 'database_checked') unchecked.get(number)?.()
      else if (message.kind === 'ask') void answer(number, message.id)
      else if (number === 1 && !isStarted && message.line.startsWith('✓')) report(message.line)
    })
    running.set(number, worker)
    const startedAt = performance.now()
    void worker.exited.then((code) => {
      running.delete(number)
      unchecked.get(number)?.()
      void figures.end(number)
      const how = String(worker.signalCode ?? `code ${code}`)
      reject(new Error(`Worker ${number} of ${count} failed to start: it exited with ${how}.`))
      if ((serves || isStarted) && !stopping)
        startAgain(number, how, performance.now() - startedAt > STEADY_MS ? 1 : failures + 1)
    })
    return promise
  }

  function startAgain(number: number, how: string, failures: number): void {
    const waitMs = backoffMs(failures, RESTART_BASE_MS, RESTART_MAX_MS)
    log.error('worker {number} exited with {how} and restarts in {waitMs} ms', { number, how, waitMs })
    const timer = setTimeout(() => start(number, failures).catch(() => {}), waitMs)
    restarts.set(number, timer)
  }

  async function checkDatabase(): Promise<void> {
    const all = [...running.keys()].map((number) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      unchecked.set(number, resolve)
      send(number, { kind: 'check_database' })
      return promise
    })
    await Promise.all(all)
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
    return { url, stop, checkDatabase }
  } catch (error) {
    await stop()
    throw error
  }
}
