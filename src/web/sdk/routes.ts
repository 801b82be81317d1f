import { Elysia } from 'elysia'
import { assetResponse, escapeHtml, pageResponse } from '../browser-asset'

interface SdkRoutesDeps {
  /** The Mini Dialer client id the example page starts with. */
  ctiClientId: string | null
  /** Where the Mini Dialer is: the one other origin the example page may show. */
  dialpadOrigin: string
}

/** Modules of the kit may be imported by applications on any origin. */
const SHARED = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
const notFound = (name: string) =>
  new Response(`There is no ${name} in the browser kit. Modules: /sdk/cti.js and /sdk/react.js.\n`, { status: 404 })

/** The browser kit as ES modules with their types, and an example page; everything comes from the binary. */
export const sdkRoutes = ({ ctiClientId, dialpadOrigin }: SdkRoutesDeps) =>
  new Elysia({ name: 'sdk', prefix: '/sdk', detail: { hide: true } })
    .get('/example', () => examplePage(ctiClientId, dialpadOrigin))
    .get('/types/*', async ({ params, request }) => {
      const { sdkTypes } = await import('./types')
      const path = params['*']
      const text = Object.hasOwn(sdkTypes, path) ? sdkTypes[path] : undefined
      return text === undefined ? notFound(path) : assetResponse(request, path, text, SHARED)
    })
    .get('/:file', async ({ params: { file }, request }) => {
      const { sdkFiles } = await import('./assets')
      const text = Object.hasOwn(sdkFiles, file) ? sdkFiles[file] : undefined
      if (text === undefined) return notFound(file)
      const types = /^(cti|react)\.js$/.test(file)
        ? { 'x-typescript-types': `/sdk/types/${file.slice(0, -3)}.d.ts` }
        : {}
      return assetResponse(request, file, text, { ...SHARED, ...types })
    })

function examplePage(ctiClientId: string | null, dialpadOrigin: string): Response {
  const data = `data-client-id="${escapeHtml(ctiClientId ?? '')}" data-dialpad-origin="${escapeHtml(dialpadOrigin)}"`
  return pageResponse(
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>CTI kit example</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/sdk/example.css">
<body ${data}>
<div id="root"></div>
<script type="module" src="/sdk/example.js"></script>
`,
    { 'frame-src': dialpadOrigin },
  )
}
