import { Command } from 'commander'
import { compose } from '../app/compose'
import { createApp } from '../app/http'
import { readConfig } from '../config/settings'
import { VERSION } from '../config/version'
import { openDatabase } from '../db/index'
import { openApiDocument } from '../http/openapi/document'

/** The document does not depend on settings or stored data. */
export async function printableDocument() {
  const none = () => ({ INTERNAL_API_SECRET: 'x'.repeat(32), DIALPAD_WEBHOOK_SECRET: 'x'.repeat(32) })
  const services = compose(readConfig({}, none), await openDatabase('sqlite::memory:'))
  return openApiDocument(createApp(services, { state: () => 'ready', port: () => 0 }), VERSION)
}

export const openapi = () =>
  new Command('openapi')
    .description('print the OpenAPI 3.1 document that GET /swagger/json serves')
    .option('--compact', 'print on one line')
    .action(async (flags: { compact?: boolean }) =>
      console.log(JSON.stringify(await printableDocument(), null, flags.compact ? undefined : 2)),
    )
