import { afterAll } from 'bun:test'
import { failOnLeftovers } from './leftovers'
import { isPartOfRun, stopRunWide } from './run-wide'
import { openScratch, removeScratch } from './scratch'

openScratch()

// In a run of several processes this hook would end each file; there, the process that started the others cleans up.
if (!isPartOfRun)
  afterAll(async () => {
    await stopRunWide()
    removeScratch()
    await failOnLeftovers()
  }, 120_000)
