import { Elysia } from 'elysia'
import { assetResponse, binaryResponse, PAGE_ICON, pageResponse } from '../browser-asset'
import type { PackageName } from './packages'

interface SdkRoutesDeps {
  /** Mini Dialer client id of the example page. */
  ctiClientId: string | null
  /** Origin of the Mini Dialer, the only other origin the example page may embed. */
  dialpadOrigin: string
}

/** Applications on any origin may import the kit. */
const SHARED = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
const notFound = (name: string) =>
  new Response(
    `There is no ${name} in the browser kit. Modules: /sdk/cti.js, /sdk/react.js. Types: /sdk/types/. ` +
      'Packages for npm: /sdk/cti-client.tgz, /sdk/cti-react.tgz.\n',
    { status: 404 },
  )

/** Serves the browser kit as ES modules with types, and an example page, from the binary. */
export const sdkRoutes = ({ ctiClientId, dialpadOrigin }: SdkRoutesDeps) =>
  new Elysia({ name: 'sdk', prefix: '/sdk', detail: { hide: true } })
    .get('/example', () => examplePage(ctiClientId, dialpadOrigin))
    .get('/types', () => typesIndex())
    .get('/types/*', async ({ params, request }) => {
      const path = params['*']
      if (path === '') return typesIndex()
      const { sdkTypes } = await import('./types')
      const text = Object.hasOwn(sdkTypes, path) ? sdkTypes[path] : undefined
      return text === undefined ? notFound(path) : assetResponse(request, path, text, SHARED)
    })
    .get('/cti-client.tgz', ({ request }) => tarball(request, 'cti-client'))
    .get('/cti-react.tgz', ({ request }) => tarball(request, 'cti-react'))
    .get('/:file', async ({ params: { file }, request }) => {
      const { sdkFiles } = await import('./assets')
      const text = Object.hasOwn(sdkFiles, file) ? sdkFiles[file] : undefined
      if (text === undefined) return notFound(file)
      const types = /^(cti|react)\.js$/.test(file)
        ? { 'x-typescript-types': `/sdk/types/${file.slice(0, -3)}.d.ts` }
        : {}
      return assetResponse(request, file, text, { ...SHARED, ...types })
    })

async function tarball(request: Request, name: PackageName): Promise<Response> {
  const { packageTarball } = await import('./packages')
  return binaryResponse(request, packageTarball(name), { ...SHARED, 'content-type': 'application/gzip' })
}

async function typesIndex(): Promise<Response> {
  const { sdkTypes } = await import('./types')
  const items = Object.keys(sdkTypes).map((path) => `<li><a href="/sdk/types/${path}">${path}</a>`)
  return pageResponse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Types of the browser kit</title>
${PAGE_ICON}
<h1>Types of the browser kit</h1>
<p><a href="/sdk/types/cti.d.ts">cti.d.ts</a> describes <code>/sdk/cti.js</code>,
<a href="/sdk/types/react.d.ts">react.d.ts</a> describes <code>/sdk/react.js</code> and needs <code>@types/react</code> and
<code>@types/react-dom</code>. Both import the files below, so keep the folder structure.
The npm packages <a href="/sdk/cti-client.tgz">cti-client</a> and <a href="/sdk/cti-react.tgz">cti-react</a> include their
types.</p>
<ul>
${items.join('\n')}
</ul>
`)
}

function examplePage(ctiClientId: string | null, dialpadOrigin: string): Response {
  const data = `data-client-id="${Bun.escapeHTML(ctiClientId ?? '')}" data-dialpad-origin="${Bun.escapeHTML(dialpadOrigin)}"`
  return pageResponse(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CTI kit example</title>
${PAGE_ICON}
<link rel="stylesheet" href="/sdk/example.css">
<body ${data}>
<div id="root"></div>
<script type="module" src="/sdk/example.js"></script>
`,
    { 'frame-src': dialpadOrigin },
  )
}
