/** Set by the process that starts the workers, and by nobody else: `<number>:<port>`. */
const MARKER = 'CTI_WORKER'

export interface WorkerPlace {
  /** From 1. */
  number: number
  /** The port that all workers share. */
  port: number
}

/** Which worker this process is; null in one that was started by a person or a service manager. */
export function workerPlace(): WorkerPlace | null {
  const [number, port] = (process.env[MARKER] ?? '').split(':').map(Number)
  return number && port ? { number, port } : null
}

/** The environment of a worker: the settings of this process, and its place. */
export const workerEnvironment = ({ number, port }: WorkerPlace): Record<string, string | undefined> => ({
  ...process.env,
  [MARKER]: `${number}:${port}`,
})
