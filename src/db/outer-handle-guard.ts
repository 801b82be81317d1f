import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * A statement on the outer handle inside a transaction would run outside it (Postgres) or deadlock (SQLite).
 * The guard throws on both.
 */
export function createOuterHandleGuard() {
  const inside = new AsyncLocalStorage<true>()
  const check = () => {
    if (inside.getStore()) throw new Error("use the transaction's handle inside a transaction")
  }
  return {
    check,
    enter: <T>(work: () => Promise<T>): Promise<T> => inside.run(true, work),
    /** The handle, which throws if it is used inside a transaction. */
    guarded: <Handle extends object>(handle: Handle): Handle =>
      new Proxy(handle, {
        get(target, property) {
          check()
          return Reflect.get(target, property)
        },
      }),
  }
}
