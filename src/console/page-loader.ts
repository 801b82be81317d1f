const RETRY_MS = 3000
/** The address that was reloaded because its page could not be loaded. */
const RELOADED = 'cti-console-reloaded'

async function untilReachable(): Promise<void> {
  for (;;) {
    const answer = await fetch('/live', { cache: 'no-store' }).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/**
 * Loads the code of a page. Waits while the server is unreachable. If the server no longer has the code, because it was
 * updated, reloads the console once.
 */
export async function loadPage<M>(load: () => Promise<M>): Promise<M> {
  try {
    return await loadAndForget(load)
  } catch {
    await untilReachable()
  }
  try {
    return await loadAndForget(load)
  } catch (error) {
    if (sessionStorage.getItem(RELOADED) === location.href) throw error
    sessionStorage.setItem(RELOADED, location.href)
    location.reload()
    return new Promise(() => {})
  }
}

async function loadAndForget<M>(load: () => Promise<M>): Promise<M> {
  const loaded = await load()
  sessionStorage.removeItem(RELOADED)
  return loaded
}
