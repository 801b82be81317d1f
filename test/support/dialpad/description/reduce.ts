/**
 * Reduces Dialpad's published API description to the paths that the stand-in serves and the schemas that they use:
 * `bun test/support/dialpad/description/reduce.ts dialpad_api_spec.json`
 */
const PATHS =
  /^\/(oauth2\/|api\/v2\/(call|call\/\{id\}(\/actions\/hangup|\/transfer)?|company|users(\/\{id\})?|sms|(webhooks|websockets)(\/\{id\})?|recordingsharelink|transcripts\/\{call_id\}|subscriptions\/(call|sms|agent_status)(\/\{id\})?)$)/

const REFERENCE = '#/components/schemas/'

function referenced(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(referenced)
  if (part === null || typeof part !== 'object') return []
  return Object.entries(part).flatMap(([key, value]) =>
    key === '$ref' ? [String(value).slice(REFERENCE.length)] : referenced(value),
  )
}

export function reduce(full: {
  openapi: string
  info: Record<string, unknown>
  paths: Record<string, unknown>
  components: { schemas: Record<string, unknown> }
}) {
  const paths = Object.fromEntries(Object.entries(full.paths).filter(([path]) => PATHS.test(path)))
  const schemas: Record<string, unknown> = {}
  const wanted = referenced(paths)
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (name in schemas) continue
    schemas[name] = full.components.schemas[name]
    wanted.push(...referenced(schemas[name]))
  }
  const { title, version } = full.info
  const sorted = Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return {
    openapi: full.openapi,
    info: { title, version, license: { name: 'MIT' } },
    paths,
    components: { schemas: sorted },
  }
}

if (import.meta.main) {
  const reduced = reduce(await Bun.file(process.argv[2]!).json())
  await Bun.write(new URL('dialpad-api.json', import.meta.url), `${JSON.stringify(reduced, null, 1)}\n`)
}
