import { useSyncExternalStore } from 'react'
import type { DialpadService } from '../mini-dialer'
import { onPageDialer, pageDialer } from '../page-dialer'

/** Returns the `DialpadService` of the page's Mini Dialer, wherever `DialpadCTI` is in the tree. Null without one. */
export const useDialpad = (): DialpadService | null => useSyncExternalStore(onPageDialer, pageDialer, () => null)
