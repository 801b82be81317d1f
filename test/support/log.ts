import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startLogging, stopLogging } from '../../src/observability/logging'
import { scratchDir } from './scratch'

/** Starts the log at `debug`. @returns a function that ends it and returns everything it has written. */
export async function startLog(secrets: string[] = []): Promise<() => Promise<string>> {
  const dir = scratchDir('log')
  await startLogging({ log: { level: 'debug', format: 'json', file: join(dir, 'cti.log') }, secrets })
  return async () => {
    await stopLogging()
    return readdirSync(dir)
      .map((name) => readFileSync(join(dir, name), 'utf8'))
      .join('')
  }
}
