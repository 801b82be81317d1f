import { mock } from 'bun:test'
import { printableDocument } from '../../src/cli/openapi'

export const CLIENT_FILE = new URL('../../src/sdk/api.generated.ts', import.meta.url).pathname

/** The types of the API as openapi-typescript makes them from the document. It needs the compiler API of TypeScript 5. */
export async function generateClient(): Promise<string> {
  await mock.module('typescript', () => import('typescript-5'))
  const { default: openapiTS, astToString } = await import('openapi-typescript')
  const nodes = await openapiTS((await printableDocument()) as unknown as Parameters<typeof openapiTS>[0])
  return `// Made from the OpenAPI document: bun run api:generate\n\n${astToString(nodes)}`
}
