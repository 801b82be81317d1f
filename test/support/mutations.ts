import fc from 'fast-check'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'

/** Texts that differ from `text` in one character: another, one more or one less. */
export function mutationOf(text: string): fc.Arbitrary<string> {
  const character = fc.constantFrom(...ALPHABET)
  const at = fc.nat(text.length - 1)
  return fc
    .oneof(
      fc.tuple(at, character).map(([i, other]) => text.slice(0, i) + other + text.slice(i + 1)),
      fc.tuple(fc.nat(text.length), character).map(([i, more]) => text.slice(0, i) + more + text.slice(i)),
      at.map((i) => text.slice(0, i) + text.slice(i + 1)),
    )
    .filter((mutant) => !sameBytes(mutant, text))
}

/** The last character of base64url may hold bits that nobody decodes: such texts are two spellings of one value. */
function sameBytes(a: string, b: string): boolean {
  const bytes = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'))
  return bytes(a).join('.') === bytes(b).join('.')
}
