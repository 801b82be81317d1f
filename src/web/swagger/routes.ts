import { Elysia } from 'elysia'
import styles from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import script from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import type { OpenApiDocument } from '../../http/openapi/document'
import { DomainError } from '../../lib/errors'
import { assetResponse, PAGE_ICON, pageResponse } from '../browser-asset'
import { jsonDocumentResponse } from '../json-document'

/** A key that was pasted is gone with the page: it is kept nowhere in the browser. */
const START = `window.ui = SwaggerUIBundle({
  url: '/swagger/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
})
`

const FILES: Record<string, () => Promise<string>> = {
  'swagger-ui-bundle.js': () => Bun.file(script).text(),
  'swagger-ui.css': () => Bun.file(styles).text(),
  'start.js': async () => START,
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dialpad CTI server: API reference</title>
${PAGE_ICON}
<link rel="stylesheet" href="/swagger/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script>
<script src="/swagger/start.js"></script>
</html>
`

/** Swagger UI with every file from the binary; the document is made on the first look. */
export function swaggerRoutes(deps: { document(): OpenApiDocument; originOf(request: Request): string }) {
  const texts = new Map<string, string>()
  let document: OpenApiDocument | undefined

  return new Elysia({ name: 'swagger', prefix: '/swagger', detail: { hide: true } })
    .get('/', () => pageResponse(PAGE, { 'style-src': "'self' 'unsafe-inline'" }))
    .get('/json', ({ request }) => {
      document ??= deps.document()
      const servers = [{ url: deps.originOf(request), description: 'This server' }]
      return jsonDocumentResponse(request, { ...document, servers })
    })
    .get('/:file', async ({ params: { file }, request }) => {
      const read = Object.hasOwn(FILES, file) ? FILES[file] : undefined
      if (!read) throw new DomainError('route_not_found', 'Swagger UI has no such file.')
      const text = texts.get(file) ?? (await read())
      texts.set(file, text)
      return assetResponse(request, file, text)
    })
}
