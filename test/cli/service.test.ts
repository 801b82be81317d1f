import { expect, test } from 'bun:test'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')
const run = (...args: string[]) => Bun.spawnSync([process.execPath, 'src/main.ts', ...args], { cwd: ROOT })

test('the completion of bash offers commands, subcommands, and flags, and files where a file is expected', () => {
  const script = run('completion', 'bash').stdout.toString()
  const complete = (...words: string[]) => {
    const line = ['cti-server', ...words].map((word) => `'${word}'`).join(' ')
    const shell = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _cti_server; printf '%s\\n' "\${COMPREPLY[@]}"`
    return Bun.spawnSync(['bash', '-c', shell], { cwd: ROOT }).stdout.toString().trim().split('\n')
  }
  expect(complete('rest')).toEqual(['restore'])
  expect(complete('apps', '')).toEqual(expect.arrayContaining(['list', 'create']))
  expect(complete('copy', '--t')).toEqual(['--to'])
  expect(complete('restore', 'x', 'package.j')).toEqual(['package.json'])
})

test.each(['zsh', 'fish'])('a completion for %s is printed', (shell) => {
  const { exitCode, stdout } = run('completion', shell)
  expect([exitCode, stdout.toString()]).toEqual([0, expect.stringContaining('restore')])
})

test('the definition of the service is printed for each system, with the path of this program', () => {
  for (const system of ['systemd', 'launchd', 'windows'])
    expect(run('service', 'print', system).stdout.toString()).toContain(process.execPath)
  expect(run('service', 'print', 'systemd').stdout.toString()).toContain('RestartPreventExitStatus=78')
})

test('a checkout installs no service', () => {
  const { exitCode, stderr } = run('service', 'install', '--path', '/nonexistent/cti-server.service')
  expect([exitCode, stderr.toString()]).toEqual([1, expect.stringContaining('compiled binary')])
})
