import { describe, expect, test } from 'bun:test'
import { createSecretBox } from '../../src/lib/secret-box'

const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('secret box', () => {
  test('opens what it sealed, and what an older key sealed', async () => {
    const old = createSecretBox([key(1)])
    const rotated = createSecretBox([key(2), key(1)])
    expect(await rotated.open(await old.seal('token'))).toBe('token')
    expect(await rotated.open(await rotated.seal('token'))).toBe('token')
  })
  test('shows nothing of the secret, and never the same twice', async () => {
    const box = createSecretBox([key(1)])
    const [a, b] = [await box.seal('token'), await box.seal('token')]
    expect(a).not.toBe(b)
    expect(Buffer.from(a, 'base64url').toString()).not.toContain('token')
  })
  test('does not open what was altered or sealed with a key it does not have', async () => {
    const box = createSecretBox([key(1)])
    const sealed = await box.seal('token')
    expect(box.open(`${sealed.slice(0, -2)}AA`)).rejects.toThrow()
    expect(createSecretBox([key(3)]).open(sealed)).rejects.toThrow('ENCRYPTION_KEY')
  })
})
