import { claimRingingCall, type RingingClaim } from '../ringing-claim'
import type { PhoneCall } from './incoming'

/** How long a screen pop waits for the customer, in ms. A customer found later causes a second notice. */
const CUSTOMER_WAIT_MS = 500

interface NoticeDeps {
  /** The current call, and whether its customer lookup is complete. */
  look: () => { call: PhoneCall; settled: boolean } | null
  /** Called immediately if this tab shows the call. */
  onClaim: () => void
  /** Called with the customer, or after the wait without one and again once the customer is found. */
  onCall: (call: PhoneCall) => void
}

/** Handles one ringing call: decides which tab shows it, and waits briefly for the customer. */
export class RingingNotice {
  readonly #deps: NoticeDeps
  readonly #claim: RingingClaim
  readonly #timer: ReturnType<typeof setTimeout>
  #waited = false
  #notified: PhoneCall | null = null

  constructor(id: string, deps: NoticeDeps) {
    this.#deps = deps
    this.#claim = claimRingingCall(`incoming ${id}`, (held) => {
      if (!held) return
      deps.onClaim()
      this.update()
    })
    this.#timer = setTimeout(() => this.#stopWaiting(), CUSTOMER_WAIT_MS)
  }

  /** Sends a notice if the customer is known or the wait is over. */
  update(): void {
    const seen = this.#claim.held ? this.#deps.look() : null
    if (!seen) return
    const { call, settled } = seen
    const first = this.#notified === null && (settled || this.#waited)
    const customerCame = this.#notified !== null && this.#notified.customer === null && call.customer !== null
    if (!first && !customerCame) return
    this.#notified = call
    this.#deps.onCall(call)
  }

  /** Ends the call. Sends a waiting notice now. */
  finish(): void {
    this.#stopWaiting()
    this.cancel()
  }

  cancel(): void {
    clearTimeout(this.#timer)
    this.#claim.release()
  }

  #stopWaiting(): void {
    this.#waited = true
    this.update()
  }
}
