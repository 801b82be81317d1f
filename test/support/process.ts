import { runWide } from './run-wide'
import { until } from './until'

export interface ServerProcess {
  url: string
  lines: string[]
  /** What it logged, a line each. */
  log: string[]
  pid: number
  kill(signal: NodeJS.Signals): void
  exited: Promise<number>
}

/** Compiles the one binary, once per run. @returns its path. */
export const buildBinary = (): Promise<string> => runWide('binary')

/** Runs the binary from `/` with nothing in its environment but the settings given. */
export async function startBinary(settings: Record<string, string>): Promise<ServerProcess> {
  const child = Bun.spawn([await buildBinary()], {
    cwd: '/',
    env: { HOST: '127.0.0.1', PORT: '0', ...settings },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const lines = linesOf(child.stdout)
  const log = linesOf(child.stderr)
  const running = () => lines.find((line) => line.startsWith('Server running on '))
  await until('the binary to run', () => running() !== undefined || child.exitCode !== null)
  return {
    url: running()?.slice('Server running on '.length) ?? '',
    lines,
    log,
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    exited: child.exited,
  }
}

/** The lines of a stream as they come. */
function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): string[] {
  const lines: string[] = []
  void (async () => {
    let rest = ''
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n')
      rest = parts.pop()!
      lines.push(...parts)
    }
  })()
  return lines
}

/** Runs one command of the binary to its end. */
export async function runBinary(args: string[], settings: Record<string, string> = {}) {
  const child = Bun.spawn([await buildBinary(), ...args], { cwd: '/', env: settings, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, stdout, stderr }
}
