import { Emitter } from '../lib/emitter'
import { DialpadError } from './dialpad-error'
import { type AuthenticationChange, type CallRinging, DialpadService, type InitiateCallOptions } from './mini-dialer'

interface PageDialerEvents {
  /** `userId` equals `user_id`, named as in the components' callbacks. */
  authentication: AuthenticationChange & { userId: number | null }
  call_ringing: CallRinging
}

let current: DialpadService | null = null
let stopForwarding = () => {}
const events = new Emitter<PageDialerEvents>()
const changes = new Emitter<{ dialer: DialpadService | null }>()

/** Sets the `DialpadService` of the page's Mini Dialer, or null when it is removed. */
export function setPageDialer(service: DialpadService | null): void {
  stopForwarding()
  current = service
  const offs = service && [
    service.on('authentication', (change) => events.emit('authentication', { ...change, userId: change.user_id })),
    service.on('call_ringing', (call) => events.emit('call_ringing', call)),
  ]
  stopForwarding = () => {
    for (const off of offs ?? []) off()
  }
  changes.emit('dialer', service)
}

export const pageDialer = (): DialpadService | null => current
export const onPageDialer = (changed: () => void): (() => void) => changes.on('dialer', changed)

function required(): DialpadService {
  if (current) return current
  throw new DialpadError(
    'not_initialized',
    'Dialpad is not on this page: render <DialpadCTI> or call initializeCTI(clientId, container) first.',
  )
}

/**
 * The page's Mini Dialer, for code outside of React: that of `<DialpadCTI>`, or the one `initializeCTI` creates.
 * Listeners may be added before it exists, and remain when it is replaced.
 */
export const dialpadService = {
  /** @throws DialpadError `already_initialized`, `client_id_invalid`. */
  initializeCTI(clientId: string, container: HTMLElement): HTMLIFrameElement {
    if (current) throw new DialpadError('already_initialized', 'The Mini Dialer is already on this page.')
    const service = new DialpadService()
    const iframe = service.initializeCTI(clientId, container)
    setPageDialer(service)
    return iframe
  },
  /** Like `DialpadService.initiateCall`. Rejects with `not_initialized` while the page has no Mini Dialer. */
  initiateCall: async (phoneNumber: string, options?: InitiateCallOptions): Promise<void> =>
    required().initiateCall(phoneNumber, options),
  enableCurrentTab: (): void => required().enableCurrentTab(),
  endAllCalls: (): void => required().endAllCalls(),
  /** @returns a function that removes the listener. */
  on: <K extends keyof PageDialerEvents>(event: K, listener: (event: PageDialerEvents[K]) => void): (() => void) =>
    events.on(event, listener),
  off: <K extends keyof PageDialerEvents>(event: K, listener: (event: PageDialerEvents[K]) => void): void =>
    events.off(event, listener),
  getAuthenticationStatus(): { authenticated: boolean; userId: number | null } {
    const { authenticated, user_id } = current?.authentication ?? { authenticated: false, user_id: null }
    return { authenticated, userId: user_id }
  },
  /** Removes the Mini Dialer. Listeners remain for the next one. */
  destroy(): void {
    current?.destroy()
    setPageDialer(null)
  },
}
