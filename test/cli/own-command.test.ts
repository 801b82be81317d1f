import { describe, expect, test } from 'bun:test'
import { ownCommand, quoted, type Started } from '../../src/cli/own-command'

describe('the command that runs this program again', () => {
  const started = (what: Partial<Started>): Started => ({
    execPath: '/opt/bun/bin/bun',
    script: '/home/you/cti/src/main.ts',
    cwd: '/home/you/cti',
    env: {},
    windows: false,
    bunVersion: '1.4.5',
    which: (name) => (name === 'bun' ? '/opt/bun/bin/bun' : null),
    ...what,
  })
  const npm = { npm_config_user_agent: 'npm/11.0.0 node/v22.0.0' }
  const binary = { script: null, execPath: '/home/you/cti/dist/cti-server' }

  test.each<[how: string, what: Partial<Started>, expected: string]>([
    ['bun on the PATH', {}, 'bun src/main.ts'],
    ['bun that is not on the PATH', { which: () => null }, '/opt/bun/bin/bun src/main.ts'],
    ['another bun on the PATH', { which: () => '/usr/bin/bun' }, '/opt/bun/bin/bun src/main.ts'],
    ['npx', { env: npm }, 'npx -y bun@1.4.5 src/main.ts'],
    [
      'a package script, called from a folder below',
      { env: { npm_config_local_prefix: '/home/you/cti/docs' } },
      'cd /home/you/cti && bun src/main.ts',
    ],
    [
      'npx run start, called from a folder below',
      { env: { ...npm, INIT_CWD: '/home/you/cti/docs', npm_config_local_prefix: '/home/you/cti' } },
      'cd /home/you/cti && npx -y bun@1.4.5 src/main.ts',
    ],
    ['bun with a script elsewhere', { cwd: '/tmp' }, 'bun /home/you/cti/src/main.ts'],
    ['a binary below the current folder', binary, './dist/cti-server'],
    ['a binary in the current folder', { ...binary, cwd: '/home/you/cti/dist' }, './cti-server'],
    ['a binary elsewhere', { ...binary, cwd: '/', execPath: '/opt/my apps/cti-server' }, "'./opt/my apps/cti-server'"],
    ['a binary above', { ...binary, cwd: '/srv' }, '/home/you/cti/dist/cti-server'],
    ['a binary on the PATH', { ...binary, which: () => binary.execPath }, 'cti-server'],
    ['another binary of that name on the PATH', { ...binary, which: () => '/usr/bin/cti-server' }, './dist/cti-server'],
  ])('started by %s', (_how, what, expected) => {
    expect(ownCommand(started(what))).toBe(expected)
  })

  test.each(['plain', 'two words', "it's", '$HOME', '`date`', 'a;b', 'a\\b', '*', ''])(
    'a shell reads %p as one word',
    (word) => {
      const shell = Bun.spawnSync(['sh', '-c', `printf '[%s]' ${quoted(word, false)}`])
      expect(shell.stdout.toString()).toBe(`[${word}]`)
    },
  )
})
