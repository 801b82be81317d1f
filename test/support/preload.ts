import { afterAll, setDefaultTimeout } from 'bun:test'
import { stopBackends } from './backends'

// A busy machine is no failure.
setDefaultTimeout(30_000)
afterAll(stopBackends)
