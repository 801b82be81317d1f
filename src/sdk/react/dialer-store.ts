import { useSyncExternalStore } from 'react'
import type { DialpadService } from '../mini-dialer'

/** The page's one Mini Dialer, so that every `CallButton` finds it wherever it stands in the tree. */
let current: DialpadService | null = null
const listeners = new Set<() => void>()

export function setPageDialer(service: DialpadService | null): void {
  current = service
  for (const listener of [...listeners]) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The `DialpadService` of the `DialpadCTI` on this page, or null. */
export const useDialpad = (): DialpadService | null =>
  useSyncExternalStore(
    subscribe,
    () => current,
    () => null,
  )
