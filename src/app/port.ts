/** Another program is using the port. */
class PortInUse extends Error {
  readonly code = 'EADDRINUSE'
}

/**
 * Checks that no program listens on the port. Releases the port before it returns.
 * @returns the port, or a free one instead of 0. @throws PortInUse.
 */
export async function checkPort({ host, port }: { host: string; port: number }): Promise<number> {
  try {
    const probe = Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() })
    // biome-ignore lint/style/noNonNullAssertion: a server that listens on an address has a port
    const found = probe.port!
    await probe.stop(true)
    return found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new PortInUse(`PORT ${port} is in use.`)
  }
}
