import { Elysia } from 'elysia'
import { type AsyncApiDocument, asyncApiDocument } from '../../stream/async-api'
import { assetResponse, pageResponse } from '../browser-asset'
import { jsonDocumentResponse } from '../json-document'
import { asyncApiPage, PAGE_STYLE } from './page'

/** Serves the AsyncAPI document of everything the server pushes, as JSON and as a page. */
export function asyncApiRoutes({ version, originOf }: { version: string; originOf(request: Request): string }) {
  const documentFor = (request: Request): AsyncApiDocument => asyncApiDocument(originOf(request), version)

  return new Elysia({ name: 'asyncapi', detail: { hide: true } })
    .get('/asyncapi.json', ({ request }) => jsonDocumentResponse(request, documentFor(request)))
    .get('/asyncapi', ({ request }) => pageResponse(asyncApiPage(documentFor(request))))
    .get('/asyncapi/page.css', ({ request }) => assetResponse(request, 'page.css', PAGE_STYLE))
}
