/** Set only by the process that starts the workers: `<number>:<port>`. */
const MARKER = 'CTI_WORKER'

export interface WorkerIdentity {
  /** Number of the worker, starting at 1. */
  number: number
  /** Port shared by all workers. */
  port: number
}

/** The worker that this process is, or null if it was started by a person or a service manager. */
export function workerIdentity(): WorkerIdentity | null {
  const [number, port] = (process.env[MARKER] ?? '').split(':').map(Number)
  return number && port ? { number, port } : null
}

/** The environment of a worker: the settings of this process, its number and port. */
export const workerEnvironment = ({ number, port }: WorkerIdentity): Record<string, string | undefined> => ({
  ...process.env,
  [MARKER]: `${number}:${port}`,
})
