export interface RingingClaim {
  /** True while this tab handles the call. */
  readonly held: boolean
  release(): void
}

/**
 * Decides which of several tabs handles a ringing call: the focused one, otherwise a visible one, otherwise any.
 * Tabs race for one Web Lock. Without Web Locks (plain HTTP, except localhost) every tab handles the call.
 * @param decided called once, unless the claim is released before.
 */
export function claimRingingCall(name: string, decided: (held: boolean) => void): RingingClaim {
  let held = false
  let released = false
  let releaseLock: () => void = () => {}
  const decide = (won: boolean) => {
    if (released) return
    held = won
    decided(won)
  }
  const race = () => {
    if (released) return
    if (!navigator.locks) return decide(true)
    void navigator.locks.request(`dialpad-call ${name}`, { ifAvailable: true }, (lock) => {
      decide(lock !== null)
      if (lock === null || released) return
      return new Promise<void>((resolve) => {
        releaseLock = resolve
      })
    })
  }
  const headStartMs = document.hasFocus() ? 0 : document.visibilityState === 'visible' ? 100 : 200
  const timer = setTimeout(race, headStartMs)
  return {
    get held() {
      return held
    },
    release() {
      released = true
      clearTimeout(timer)
      releaseLock()
    },
  }
}
