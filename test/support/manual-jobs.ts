import type { Job } from '../../src/app/jobs'

/** The jobs of a server as its test runs them: by name, and never by the clock. */
export function createManualJobs() {
  let jobs: Job[] = []
  return {
    schedule(all: Job[]): () => void {
      jobs = all
      return () => {
        jobs = []
      }
    },
    /** Runs a job once, to its end. */
    async run(name: string): Promise<void> {
      const job = jobs.find((one) => one.name === name)
      if (!job) throw new Error(`this server has no job ${name}`)
      await job.run()
    },
  }
}
