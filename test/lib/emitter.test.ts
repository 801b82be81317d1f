import { expect, spyOn, test } from 'bun:test'
import { Emitter } from '../../src/lib/emitter'

interface Events {
  number: number
  other: string
}

test('a listener receives its own event until it is removed, either way', () => {
  const emitter = new Emitter<Events>()
  const seen: number[] = []
  const listener = (value: number) => seen.push(value)
  const off = emitter.on('number', listener)
  emitter.on('number', listener)
  emitter.emit('number', 1)
  emitter.emit('other', 'x')
  off()
  emitter.emit('number', 2)
  emitter.on('number', listener)
  emitter.off('number', listener)
  emitter.emit('number', 3)
  expect(seen).toEqual([1])
})

test('a listener that throws is reported, and the others are still called', () => {
  const emitter = new Emitter<Events>()
  const seen: number[] = []
  const reported = spyOn(globalThis, 'reportError').mockImplementation(() => {})
  const problem = new Error('broken listener')
  emitter.on('number', () => {
    throw problem
  })
  emitter.on('number', (value) => seen.push(value))
  emitter.emit('number', 7)
  expect(seen).toEqual([7])
  expect(reported.mock.calls).toEqual([[problem]])
  reported.mockRestore()
})

test('a listener may remove itself or others while an event is sent, and none is left after clear', () => {
  const emitter = new Emitter<Events>()
  const seen: string[] = []
  const off = emitter.on('number', () => {
    seen.push('first')
    off()
  })
  emitter.on('number', () => seen.push('second'))
  emitter.emit('number', 1)
  emitter.emit('number', 2)
  emitter.clear()
  emitter.emit('number', 3)
  expect(seen).toEqual(['first', 'second', 'second'])
})

test('an event without listeners uses no memory', () => {
  const emitter = new Emitter<Events>()
  const off = emitter.on('number', () => {})
  emitter.on('other', () => {})
  expect(emitter.events()).toEqual(['number', 'other'])
  off()
  expect(emitter.events()).toEqual(['other'])
})
