/** Pages of other sites that use the kit. */

/**
 * The files of the kit, as the server serves them. Imported on first use, because this builds the kit.
 * @returns a function that returns null for any other path.
 */
export async function kitFiles(): Promise<(request: Request) => Response | null> {
  const { sdkFiles } = await import('../../src/web/sdk/assets')
  return ({ url }) => {
    const file = sdkFiles[new URL(url).pathname.slice(1)]
    return file ? new Response(file, { headers: { 'content-type': 'text/javascript' } }) : null
  }
}

export const htmlPage = (text: string) => new Response(text, { headers: { 'content-type': 'text/html' } })

/** Serves a page with an element for the Mini Dialer and the kit as `window.kit`. `/frame` is an empty page. */
export async function startKitPage(elementId: string) {
  const kitFile = await kitFiles()
  const page = `<!doctype html><div id="${elementId}"></div><script type="module">window.kit = await import("/cti.js")</script>`
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) =>
      kitFile(request) ?? htmlPage(new URL(request.url).pathname === '/frame' ? '<!doctype html>' : page),
  })
}
