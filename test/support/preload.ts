import { afterAll } from 'bun:test'
import { stopBackends } from './backends'

afterAll(stopBackends)
