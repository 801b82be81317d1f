import { Command } from 'commander'
import { assembleApp, createCore } from '../app/server'
import { readConfig } from '../config/settings'
import { VERSION } from '../config/version'
import { openDatabase } from '../db/index'
import { openApiDocument } from '../http/openapi/document'

/** Where the document comes from nothing is stored, sent or configured. */
export function printableDocument() {
  const none = () => ({ INTERNAL_API_SECRET: 'x'.repeat(32), DIALPAD_WEBHOOK_SECRET: 'x'.repeat(32) })
  const core = createCore(readConfig({}, none), openDatabase('sqlite::memory:'))
  return openApiDocument(assembleApp(core, () => 'ready').app, VERSION)
}

export const openapi = () =>
  new Command('openapi')
    .description('print the OpenAPI 3.1 document that GET /swagger/json serves')
    .option('--compact', 'on one line')
    .action((flags: { compact?: boolean }) =>
      console.log(JSON.stringify(printableDocument(), null, flags.compact ? undefined : 2)),
    )
