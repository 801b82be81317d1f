import { afterAll } from 'bun:test'
import { stopBackends } from './backends'
import { failOnLeftovers } from './leftovers'
import { openScratch, removeScratch } from './scratch'

openScratch()

afterAll(async () => {
  await stopBackends()
  removeScratch()
  await failOnLeftovers()
}, 120_000)
