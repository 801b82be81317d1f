import { claimRingingCall, type RingingClaim } from '../ringing-claim'
import type { PhoneCall } from './incoming'

/** How long a screen pop waits for the customer. Whoever is known later comes with a second notice. */
const CUSTOMER_WAIT_MS = 500

interface NoticeDeps {
  /** The call as it is known now, and whether its customer is settled: found, or known to be none. */
  look: () => { call: PhoneCall; settled: boolean } | null
  /** This tab is the one to show the call: called at once. */
  onClaim: () => void
  /** Called with the customer, or without one after the wait and once more when the customer becomes known. */
  onCall: (call: PhoneCall) => void
}

/** One ringing call until it is over: settles which tab shows it, and gives the customer a moment to be found. */
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

  /** Notifies when what is known by now is worth it. */
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

  /** The call is over: a notice that still waits goes out now. */
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
