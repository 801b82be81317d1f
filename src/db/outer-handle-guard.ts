import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * A statement on the outer handle inside a transaction would run outside it (Postgres) or wait for it for ever (SQLite).
 * The guard makes it an error on both, so neither can be written by mistake.
 */
export function createOuterHandleGuard() {
  const inside = new AsyncLocalStorage<true>()
  const check = () => {
    if (inside.getStore()) throw new Error('inside a transaction, use its own handle')
  }
  return {
    check,
    enter: <T>(work: () => Promise<T>): Promise<T> => inside.run(true, work),
    /** The handle, which refuses to be used inside a transaction. */
    guarded: <Handle extends object>(handle: Handle): Handle =>
      new Proxy(handle, {
        get(target, property) {
          check()
          return Reflect.get(target, property)
        },
      }),
  }
}
