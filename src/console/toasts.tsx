import { useSyncExternalStore } from 'react'
import { Emitter } from '../lib/emitter'
import type { Tone } from './format'
import { Button } from './ui'

interface Toast {
  id: number
  text: string
  tone: Tone
  undo?: (() => unknown) | undefined
}

const SHOWN_MS = 8000
const MAX_SHOWN = 3

let toasts: readonly Toast[] = []
let lastId = 0
const events = new Emitter<{ shown: undefined }>()

function show(next: readonly Toast[]): void {
  toasts = next
  events.emit('shown')
}

const dismiss = (id: number) => show(toasts.filter((toast) => toast.id !== id))

/** Shows a short message. @param undo offered while the message is visible. */
export function toast(text: string, { tone = 'ok', undo }: { tone?: Tone; undo?: () => unknown } = {}): void {
  const id = ++lastId
  show([...toasts.slice(1 - MAX_SHOWN), { id, text, tone, undo }])
  setTimeout(() => dismiss(id), SHOWN_MS)
}

const subscribe = (listener: () => void) => events.on('shown', listener)

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div className="toasts" role="status">
      {shown.map(({ id, text, tone, undo }) => (
        <div className="toast" data-tone={tone} key={id}>
          <span>{text}</span>
          {undo && (
            <Button
              small
              onClick={() => {
                dismiss(id)
                undo()
              }}
            >
              Undo
            </Button>
          )}
          <Button small kind="plain" label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  )
}
