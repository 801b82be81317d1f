type Listener<Payload> = (payload: Payload) => void
/** An event declared as `undefined` has no payload. */
type Payload<Declared> = [Declared] extends [undefined] ? [] : [payload: Declared]

/**
 * Calls the listeners of an event, synchronously and in the order they were added. An error in a listener is reported and
 * affects neither the other listeners nor the emitter's caller, unlike with `node:events` and mitt.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()
  readonly #report: (error: unknown) => void

  /** @param report receives the errors of listeners. */
  constructor(report: (error: unknown) => void = reportToHost) {
    this.#report = report
  }

  /** @returns a function that removes the listener. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(listener))
    return () => this.off(event, listener)
  }

  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    const listeners = this.#listeners.get(event)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#listeners.delete(event)
  }

  /** Calls the current listeners. A listener added during the call receives the next event. */
  emit<K extends keyof Events>(event: K, ...[payload]: Payload<Events[K]>): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])])
      try {
        listener(payload as never)
      } catch (error) {
        this.#report(error)
      }
  }

  /** The events that have a listener. */
  events(): (keyof Events)[] {
    return [...this.#listeners.keys()]
  }

  clear(): void {
    this.#listeners.clear()
  }
}

/** Node.js has no `reportError`. */
function reportToHost(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
