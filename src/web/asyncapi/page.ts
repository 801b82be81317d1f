import type { JsonSchema } from '../../http/openapi/schemas'
import type { AsyncApiDocument, AsyncApiMessage } from '../../stream/async-api'
import { PAGE_ICON } from '../browser-asset'

/** Renders the AsyncAPI document as a page: channels, then each message with its fields and an example. */
export function asyncApiPage(document: AsyncApiDocument): string {
  const { info, channels, components } = document
  const messages = Object.entries(components.messages).filter(([name]) => !name.endsWith('Delivery'))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${Bun.escapeHTML(info.title)}</title>
${PAGE_ICON}
<link rel="stylesheet" href="/asyncapi/page.css">
<main>
<h1>${Bun.escapeHTML(info.title)}</h1>
${prose(info.description)}
<p><a href="/asyncapi.json">AsyncAPI document</a> · <a href="/swagger">HTTP API reference</a></p>
<h2>Channels</h2>
${Object.values(channels)
  .map(
    ({ title, address, description }) =>
      `<section><h3>${Bun.escapeHTML(title)}${address ? ` <code>${Bun.escapeHTML(address)}</code>` : ''}</h3>${prose(description)}</section>`,
  )
  .join('\n')}
<h2>Messages</h2>
<nav><ul>${messages.map(([key, { name }]) => `<li><a href="#${key}"><code>${Bun.escapeHTML(name)}</code></a>`).join('')}</ul></nav>
${messages.map(([key, message]) => messageSection(key, message, components.schemas)).join('\n')}
<h2 id="delivery">Headers of a delivery</h2>
${memberTable(components.schemas.DeliveryHeaders ?? {}, components.schemas)}
</main>
</html>
`
}

function messageSection(key: string, message: AsyncApiMessage, schemas: Record<string, JsonSchema>): string {
  return `<section id="${key}"><h3><code>${Bun.escapeHTML(message.name)}</code></h3>${prose(message.summary)}
${memberTable(resolve(message.payload, schemas), schemas)}
<pre>${Bun.escapeHTML(JSON.stringify(message.examples[0]?.payload, null, 2))}</pre></section>`
}

function memberTable(schema: JsonSchema, schemas: Record<string, JsonSchema>): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const required = schema.required?.includes(name) ? '' : ' <small>optional</small>'
    return `<tr><th scope="row"><code>${Bun.escapeHTML(name)}</code>${required}<td>${Bun.escapeHTML(typeOf(property, schemas))}<td>${inline(descriptionOf(property, schemas))}`
  })
  return `<table><thead><tr><th scope="col">Member<th scope="col">Type<th scope="col">Meaning<tbody>${rows.join('\n')}</table>`
}

const resolve = (schema: JsonSchema, schemas: Record<string, JsonSchema>): JsonSchema =>
  schema.$ref ? (schemas[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {}) : schema

function typeOf(schema: JsonSchema, schemas: Record<string, JsonSchema>): string {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const options = schema.anyOf ?? schema.oneOf
  if (options) return options.map((option) => typeOf(option, schemas)).join(' | ')
  if (schema.items) return `array of ${typeOf(schema.items, schemas)}`
  const type = [schema.type ?? 'any JSON'].flat().join(' | ')
  return schema.format ? `${type} (${schema.format})` : type
}

const descriptionOf = (schema: JsonSchema, schemas: Record<string, JsonSchema>): string =>
  schema.description ?? resolve(schema, schemas).description ?? ''

const prose = (text: string): string => `<p>${inline(text)}</p>`

/** Renders text between backticks as code. */
const inline = (text: string): string =>
  Bun.escapeHTML(text).replace(/`([^`]+)`/g, (_, code: string) => `<code>${code}</code>`)

export const PAGE_STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem}
section{margin:0 0 2rem}
nav ul{columns:16rem;padding-left:1.2rem}
table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
th[scope=row]{font-weight:400;white-space:nowrap}
pre{overflow-x:auto;padding:.75rem;background:color-mix(in srgb,currentColor 8%,transparent);border-radius:.4rem}
code{font-family:ui-monospace,monospace;font-size:.9em}
`
