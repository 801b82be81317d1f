import { type Account, settle } from './account'
import { createTenant, type Instance, type Tenant } from './instance'
import { startListener } from './listener'
import { createRandom, type Random } from './random'
import { type SenderCounts, startSender } from './sender'

export interface Outcome extends Account, Omit<SenderCounts, 'refused'> {
  /** What was done to the server, and how often. */
  what: string
  rounds: number
  seed: number
  reconnects: number
  seconds: number
}

export interface Trial {
  what: string
  instances: Instance[]
  rounds: number
  seed: number
  perSecond?: number
  /** Does the harm while deliveries arrive; at its end every instance must run. */
  harm(random: Random, tenant: Tenant): Promise<void>
}

/** Runs a load of deliveries and two live clients while harm is done, and settles accounts when it is over. */
export async function runTrial({ what, instances, rounds, seed, perSecond = 250, harm }: Trial): Promise<Outcome> {
  const began = performance.now()
  const random = createRandom(seed)
  const [first] = instances
  first!.start()
  await first!.ready()
  const tenant = await createTenant(first!.url)
  for (const other of instances.slice(1)) other.start()
  await Promise.all(instances.map((instance) => instance.ready()))
  const urlOf = (n: number) => instances[n % instances.length]!.url
  const listeners = [0, 1].map((offset) => startListener((n) => urlOf(n + offset), tenant.apiKey))
  const sender = startSender(urlOf, perSecond, createRandom(seed + 1))
  try {
    await harm(random, tenant)
    await sender.stop()
    const { refused, ...counts } = sender.counts
    const account = await settle(first!.url, tenant, sender.sent, listeners)
    const faults = [...account.faults, ...refused.map((answer) => `refused, which Dialpad never repeats: ${answer}`)]
    const reconnects = listeners.reduce((sum, listener) => sum + listener.connections() - 1, 0)
    const seconds = (performance.now() - began) / 1000
    return { what, rounds, seed, ...account, ...counts, faults, reconnects, seconds }
  } finally {
    for (const listener of listeners) listener.stop()
    await sender.stop()
    for (const instance of instances) if (instance.isRunning()) await instance.kill()
  }
}
