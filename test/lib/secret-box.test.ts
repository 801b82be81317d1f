import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { CompactEncrypt } from 'jose'
import { createSecretBox } from '../../src/lib/secret-box'
import { mutationOf } from '../support/mutations'

const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('secret box', () => {
  test('opens what it sealed, and what an older key sealed', async () => {
    const old = createSecretBox([key(1)])
    const rotated = createSecretBox([key(2), key(1)])
    expect(await rotated.open(await old.seal('token'))).toBe('token')
    expect(await rotated.open(await rotated.seal('token'))).toBe('token')
  })
  test('seals with the newest key, so that the older ones can be thrown away', async () => {
    const sealed = await createSecretBox([key(3), key(2), key(1)]).seal('token')
    expect(await createSecretBox([key(3)]).open(sealed)).toBe('token')
    await expect(createSecretBox([key(2), key(1)]).open(sealed)).rejects.toThrow('ENCRYPTION_KEY')
  })
  test('shows no part of the secret, and never the same text twice', async () => {
    const box = createSecretBox([key(1)])
    const [a, b] = [await box.seal('token'), await box.seal('token')]
    expect(a).not.toBe(b)
    expect(Buffer.from(a, 'base64url').toString()).not.toContain('token')
  })
  test('does not open what was altered or sealed with a key it does not have', async () => {
    const box = createSecretBox([key(1)])
    const sealed = await box.seal('token')
    await expect(box.open(`${sealed.slice(0, -2)}AA`)).rejects.toThrow()
    await expect(createSecretBox([key(3)]).open(sealed)).rejects.toThrow('ENCRYPTION_KEY')
  })
  test('does not open what has any one character changed, added or lost', async () => {
    const box = createSecretBox([key(1)])
    const sealed = await box.seal('token')
    await fc.assert(
      fc.asyncProperty(mutationOf(sealed), async (mutant) => {
        expect(
          await box.open(mutant).then(
            () => 'opened',
            () => 'refused',
          ),
        ).toBe('refused')
      }),
    )
  })
  test('does not open what names no key, or is encrypted another way', async () => {
    const { kid } = JSON.parse(
      Buffer.from((await createSecretBox([key(1)]).seal('x')).split('.')[0]!, 'base64url').toString(),
    )
    const encrypt = (header: { alg: string; enc: string; kid?: string }) =>
      new CompactEncrypt(new TextEncoder().encode('x')).setProtectedHeader(header).encrypt(key(1))
    const box = createSecretBox([key(1)])
    expect(await box.open(await encrypt({ alg: 'dir', enc: 'A256GCM', kid }))).toBe('x')
    await expect(box.open(await encrypt({ alg: 'dir', enc: 'A256GCM' }))).rejects.toThrow('ENCRYPTION_KEY')
    await expect(box.open(await encrypt({ alg: 'dir', enc: 'A128CBC-HS256', kid }))).rejects.toThrow()
    await expect(box.open(await encrypt({ alg: 'A256GCMKW', enc: 'A256GCM', kid }))).rejects.toThrow()
  })
  test('cannot be made without a key', () => {
    expect(() => createSecretBox([])).toThrow('requires a key')
  })
})
