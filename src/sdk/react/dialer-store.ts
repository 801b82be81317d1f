import { useSyncExternalStore } from 'react'
import type { DialpadService } from '../mini-dialer'
import { onPageDialer, pageDialer } from '../page-dialer'

/** The `DialpadService` of the page's Mini Dialer, wherever `DialpadCTI` stands in the tree; null while there is none. */
export const useDialpad = (): DialpadService | null => useSyncExternalStore(onPageDialer, pageDialer, () => null)
