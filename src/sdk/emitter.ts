type Listener<T> = (event: T) => void

/** Listeners by event. One that throws is reported and keeps nothing from the others. */
export class Emitter<Events extends object> {
  readonly #listeners: { [K in keyof Events]?: Set<Listener<Events[K]>> } = {}

  /** @returns a function that removes the listener. */
  on<K extends keyof Events>(event: K, listener: Listener<Events[K]>): () => void {
    this.#listeners[event] ??= new Set()
    this.#listeners[event].add(listener)
    return () => this.off(event, listener)
  }

  off<K extends keyof Events>(event: K, listener: Listener<Events[K]>): void {
    this.#listeners[event]?.delete(listener)
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    for (const listener of [...(this.#listeners[event] ?? [])])
      try {
        listener(payload)
      } catch (error) {
        report(error)
      }
  }

  clear(): void {
    for (const event of Object.keys(this.#listeners) as (keyof Events)[]) delete this.#listeners[event]
  }
}

/** Node.js has no `reportError`. */
function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
