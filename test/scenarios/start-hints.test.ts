import { describe, expect, test } from 'bun:test'
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { quoted } from '../../src/cli/own-command'
import { buildBinary } from '../support/process'
import { scratchDir } from '../support/scratch'
import { until } from '../support/until'

const ROOT = join(import.meta.dir, '../..')
const folder = scratchDir('start-hints')

describe('the hint at the start names a command that works where the server was started', () => {
  const dataDir = join(folder, "the server's data")
  /** What a person's shell has, with nothing of the test runner's in it. */
  const env = Object.fromEntries(
    ['PATH', 'HOME', 'npm_config_cache', 'npm_config_registry'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  )

  interface Start {
    command: string
    cwd: string
    path?: string
  }
  const ways: [how: string, find: () => Promise<Start>][] = [
    ['the binary in its folder', async () => ({ command: './cti-server', cwd: dirname(await copiedBinary()) })],
    ['the binary by its whole path', async () => ({ command: quoted(await copiedBinary(), false), cwd: '/' })],
    [
      'the binary on the PATH',
      async () => ({ command: 'cti-server', cwd: folder, path: `${dirname(await copiedBinary())}:${env.PATH}` }),
    ],
    ['bun src/main.ts', async () => ({ command: 'bun src/main.ts', cwd: ROOT })],
    ['bun run start in a folder below', async () => ({ command: 'bun run start', cwd: join(ROOT, 'docs') })],
  ]
  if (Bun.which('npx'))
    ways.push(['npx bun', async () => ({ command: `npx -y bun@${Bun.version} src/main.ts`, cwd: ROOT })])

  test.each(ways)(
    '%s',
    async (_how, find) => {
      const { command, cwd, path } = await find()
      const shell = { cwd, env: { ...env, ...(path ? { PATH: path } : {}) } }
      const settings = `HOST=127.0.0.1 PORT=0 DATA_DIR=${quoted(dataDir, false)}`
      const server = Bun.spawn(['sh', '-c', `${settings} ${command}`], {
        ...shell,
        stdout: 'pipe',
        stderr: 'ignore',
        detached: true,
      })
      const output = collect(server.stdout)
      try {
        const hint = () => /^ {2}Next: .*: (.+)$/m.exec(output.text())?.[1]
        await until('the hint', () => hint() !== undefined || server.exitCode !== null)
        const simulate = Bun.spawn(['sh', '-c', `${hint()} --only call --step-ms 5`], {
          ...shell,
          stdout: 'pipe',
          stderr: 'pipe',
        })
        const [stdout, stderr] = await Promise.all([
          new Response(simulate.stdout).text(),
          new Response(simulate.stderr).text(),
        ])
        const said = stderr.replaceAll(/^npm warn.*\n/gm, '')
        expect({ code: await simulate.exited, said }).toEqual({ code: 0, said: '' })
        expect(stdout).toContain('call.ended')
      } finally {
        // The whole group: npx and `bun run` put a process of their own before the server.
        process.kill(-server.pid, 'SIGTERM')
        await output.ended
      }
    },
    60_000,
  )

  let copy: Promise<string> | undefined
  /** The binary, in a folder whose name has a space. */
  function copiedBinary(): Promise<string> {
    copy ??= (async () => {
      const path = join(folder, 'my programs', 'cti-server')
      mkdirSync(dirname(path), { recursive: true })
      cpSync(await buildBinary(), path)
      return path
    })()
    return copy
  }

  function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    let text = ''
    const ended = (async () => {
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk
    })()
    return { text: () => text, ended }
  }
})
