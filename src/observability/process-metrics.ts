import { readdirSync } from 'node:fs'
import { VERSION } from '../config/version'
import { Counter, Gauge, type Registry } from './prom-client'

/**
 * Adds metrics of this process and its build, with the names that Prometheus clients use. prom-client's own collector
 * also reports Node's heap and event loop, which are zero or wrong on Bun.
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry]
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time used, user and system',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory in use',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process',
    aggregator: 'min',
    registers,
  }).set(Date.now() / 1000 - process.uptime())
  if (process.platform === 'linux')
    new Gauge({
      name: 'process_open_fds',
      help: 'Open file descriptors, including sockets',
      registers,
      collect() {
        this.set(readdirSync('/proc/self/fd').length)
      },
    })
  new Gauge({
    name: 'cti_build_info',
    help: 'Always 1: the version and the platform are in the labels',
    labelNames: ['version', 'runtime', 'platform'],
    aggregator: 'max',
    registers,
  }).set({ version: VERSION, runtime: `bun ${Bun.version}`, platform: `${process.platform}-${process.arch}` }, 1)
}
