import { Elysia } from 'elysia'
import type { AsyncApiDocument } from '../../stream/async-api'
import { assetResponse, pageResponse } from '../browser-asset'
import { jsonDocumentResponse } from '../json-document'
import { asyncApiPage, PAGE_STYLE } from './page'

/** Serves the AsyncAPI document of everything the server pushes, as JSON and as a page. */
export function asyncApiRoutes({ version, originOf }: { version: string; originOf(request: Request): string }) {
  const documentFor = async (request: Request): Promise<AsyncApiDocument> =>
    (await import('../../stream/async-api')).asyncApiDocument(originOf(request), version)

  return new Elysia({ name: 'asyncapi', detail: { hide: true } })
    .get('/asyncapi.json', async ({ request }) => jsonDocumentResponse(request, await documentFor(request)))
    .get('/asyncapi', async ({ request }) => pageResponse(asyncApiPage(await documentFor(request))))
    .get('/asyncapi/page.css', ({ request }) => assetResponse(request, 'page.css', PAGE_STYLE))
}
