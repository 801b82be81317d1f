import { Elysia } from 'elysia'
import styles from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import script from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import type { OpenApiDocument } from '../../http/openapi/document'
import { DomainError } from '../../lib/errors'
import { assetResponse, PAGE_ICON, pageResponse } from '../browser-asset'
import { jsonDocumentResponse } from '../json-document'

/** Uses the theme of the console or the system. A pasted key is not stored in the browser. */
const START = `const dark = matchMedia('(prefers-color-scheme: dark)')
const chosen = localStorage.getItem('cti-console-theme')
const theme = () =>
  document.documentElement.classList.toggle('dark-mode', chosen === 'dark' || (chosen !== 'light' && dark.matches))
dark.addEventListener('change', theme)
theme()
window.ui = SwaggerUIBundle({
  url: '/swagger/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
})
// Fixes accessibility: a link inside a button cannot be used by keyboard, and the list of servers has no name.
new MutationObserver(() => {
  for (const link of document.querySelectorAll('.opblock-summary-control a[href]')) link.removeAttribute('href')
  document.getElementById('servers')?.setAttribute('aria-label', 'Server')
}).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true })
`

/** Fixes colors of Swagger UI with too little contrast. */
const THEME = `html:not(.dark-mode) .swagger-ui { --link: #1d5fa8; --ok: #13703f }
html.dark-mode .swagger-ui { --link: #8fc1f7; --ok: #63d29b }
.swagger-ui a, .swagger-ui a.link, .swagger-ui .info a, .swagger-ui .info .url, .swagger-ui .markdown a { color: var(--link) }
.swagger-ui .btn.authorize, .swagger-ui .btn.authorize span { border-color: var(--ok); color: var(--ok) }
.swagger-ui .btn.authorize svg { fill: var(--ok) }
.swagger-ui .info .title small { background: #475067 }
.swagger-ui .info .title small.version-stamp { background: #13703f }
.swagger-ui .opblock .opblock-summary-method { color: #fff }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #0f62ac }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #13703f }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #8a5200 }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #0b6f6a }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b3261e }
.swagger-ui .json-schema-2020-12-expand-deep-button { color: #4a4f5c }
.swagger-ui .btn.execute { background: #0f62ac; border-color: #0f62ac; color: #fff }
html:not(.dark-mode) .swagger-ui .btn.cancel { border-color: #b3261e; color: #b3261e }
.swagger-ui .highlight-code span[style*="211, 99, 99"] { color: #ffa3a3 !important }
@media (prefers-reduced-motion: reduce) { .swagger-ui * { transition: none !important } }
`

const FILES: Record<string, () => Promise<string>> = {
  'swagger-ui-bundle.js': () => Bun.file(script).text(),
  'swagger-ui.css': () => Bun.file(styles).text(),
  'theme.css': async () => THEME,
  'start.js': async () => START,
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dialpad CTI server: API reference</title>
${PAGE_ICON}
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<link rel="stylesheet" href="/swagger/theme.css">
<div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/swagger/start.js"></script>
</html>
`

/** Serves Swagger UI from the binary. The document is built on the first request. */
export function swaggerRoutes(deps: { document(): Promise<OpenApiDocument>; originOf(request: Request): string }) {
  const texts = new Map<string, string>()
  let document: Promise<OpenApiDocument> | undefined

  return new Elysia({ name: 'swagger', prefix: '/swagger', detail: { hide: true } })
    .get('/', () => pageResponse(PAGE, { 'style-src': "'self' 'unsafe-inline'" }))
    .get('/json', async ({ request }) => {
      document ??= deps.document()
      const servers = [{ url: deps.originOf(request), description: 'This server' }]
      return jsonDocumentResponse(request, { ...(await document), servers })
    })
    .get('/:file', async ({ params: { file }, request }) => {
      const read = Object.hasOwn(FILES, file) ? FILES[file] : undefined
      if (!read) throw new DomainError('route_not_found', 'Swagger UI has no such file.')
      const text = texts.get(file) ?? (await read())
      texts.set(file, text)
      return assetResponse(request, file, text)
    })
}
