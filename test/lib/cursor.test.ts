import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createCursors, type Position } from '../../src/lib/cursor'
import { DomainError } from '../../src/lib/errors'
import { mutationOf } from '../support/mutations'

const cursors = createCursors('secret')
const read = (scope: string, cursor: string, of = cursors): Position | string => {
  try {
    return of.decode(scope, cursor)
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}
const position = fc.record({ value: fc.oneof(fc.integer(), fc.string()), id: fc.string() })

describe('cursors', () => {
  test('contain the end of the page, for any value', () => {
    fc.assert(
      fc.property(fc.string(), position, (scope, at) => {
        expect(read(scope, cursors.encode(scope, at))).toEqual(at)
      }),
    )
  })

  test('are refused with any one character changed, added or lost', () => {
    fc.assert(
      fc.property(
        position.chain((at) => mutationOf(cursors.encode('calls:app', at))),
        (mutant) => {
          expect(read('calls:app', mutant)).toBe('cursor_invalid')
        },
      ),
    )
  })

  test('are refused in another encoding of the same bytes', () => {
    const cursor = cursors.encode('calls', { value: 5, id: 'x' })
    for (const other of [`${cursor}=`, `${cursor}.`, `.${cursor}`, ` ${cursor}`, cursor.replace(/(.{5})/, '$1!')])
      expect(read('calls', other)).toBe('cursor_invalid')
  })

  test('are refused for another list, app or secret', () => {
    const cursor = cursors.encode('calls:one', { value: 5, id: 'x' })
    for (const scope of ['calls:two', 'messages:one', 'calls:on', 'calls:one:', ''])
      expect(read(scope, cursor)).toBe('cursor_invalid')
    expect(read('calls:one', cursor, createCursors('another'))).toBe('cursor_invalid')
  })

  test('are refused empty, cut or made up', () => {
    const cursor = cursors.encode('calls', { value: 5, id: 'x' })
    for (const bad of ['', 'x', cursor.slice(0, 16), cursor.slice(0, 8), Buffer.from('[5,"x"]').toString('base64url')])
      expect(read('calls', bad)).toBe('cursor_invalid')
  })
})
