import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type GeneratedSecrets, SECRETS_FILE } from './settings'

const Secrets = z.object({ INTERNAL_API_SECRET: z.string().min(32), DIALPAD_WEBHOOK_SECRET: z.string().min(32) })

/**
 * Reads the generated secrets of a sandbox, or generates them on the first start. Only the owner can read the file.
 * @throws if the file exists but is invalid.
 */
export function sandboxSecrets(dataDir: string): GeneratedSecrets {
  const path = join(dataDir, SECRETS_FILE)
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(
      path,
      `${JSON.stringify({ INTERNAL_API_SECRET: random(), DIALPAD_WEBHOOK_SECRET: random() }, null, 2)}\n`,
      { mode: 0o600, flag: 'wx' },
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  chmodSync(path, 0o600)
  const parsed = Secrets.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path} is damaged. Restore it, or delete it to generate new secrets.`)
  return parsed.data
}
