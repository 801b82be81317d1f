import type { Random } from '../faults/random'
import type { Documented, Wanted } from '../support/documented'
import { ODD_PATHS, ODD_TEXTS, oddJson, oneOf } from './odd-values'

/** Requests made from the document: what succeeds, with some of it replaced by what should not. */

/** They would end the app that all other requests are made with. */
const ENDS_AN_APP = new Set(['deleteApp', 'revokeApiKey', 'rotateApiKey', 'updateApp'])
/** Each starts a process of its own. */
export const HEAVY = new Set(['createBackup'])
const MAX_DEPTH = 4

/** @param ids of everything there is, by name. @param apps the ids that may stand for `app_id`. */
export function requestFor(
  random: Random,
  one: Documented,
  success: Wanted,
  ids: Record<string, string>,
  apps: string[],
): Wanted {
  const wanted: Wanted = { ...success, headers: { ...success.headers, ...oddHeaders(random) } }
  wanted.ids = Object.fromEntries(
    one.ids.map((name) => [
      name,
      random.isOneIn(3) ? idFor(random, one, name, ids, apps) : (success.ids?.[name] ?? 'unknown'),
    ]),
  )
  if (random.isOneIn(2)) wanted.query = queryFor(random, one, success.query)
  if (one.operation.requestBody) wanted.body = bodyFor(random, success.body ?? exampleOf(one))
  return wanted
}

const exampleOf = (one: Documented) => one.operation.requestBody?.content['application/json']?.example ?? {}

function idFor(random: Random, one: Documented, name: string, ids: Record<string, string>, apps: string[]): string {
  if (name === 'app_id' && ENDS_AN_APP.has(one.id)) return oneOf(random, [ids.spare!, ids.doomed!, 'unknown'])
  const kind = random.between(0, 3)
  if (kind === 0) return oneOf(random, ODD_PATHS)
  if (kind === 1) return oneOf(random, ODD_TEXTS).toWellFormed().replaceAll('%', '') || 'x'
  return oneOf(random, name === 'app_id' ? apps : Object.values(ids))
}

/** Parameters of the document with values that fit and values that do not, now and then one that does not exist. */
function queryFor(random: Random, one: Documented, success = ''): string {
  const pairs = success ? [success.slice(1)] : []
  for (const { name, in: where, schema } of one.operation.parameters ?? []) {
    if (where !== 'query' || !random.isOneIn(3)) continue
    const choices = (schema as { enum?: string[] }).enum
    const value = choices && random.isOneIn(2) ? oneOf(random, choices) : oneOf(random, ODD_TEXTS)
    // A long poll would be waited for.
    if (name === 'wait_seconds') continue
    pairs.push(`${name}=${random.isOneIn(8) ? oneOf(random, ODD_PATHS) : encodeURIComponent(value.toWellFormed())}`)
    if (random.isOneIn(10)) pairs.push(pairs.at(-1)!)
  }
  if (random.isOneIn(10)) pairs.push(`unknown_${random.between(0, 9)}=1`)
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

function bodyFor(random: Random, example: unknown): unknown {
  const kind = random.between(0, 9)
  if (kind === 0) return oddJson(random)
  if (kind === 1)
    return oneOf(random, ['{', '{"a":', '', '\u0000', '{"a":1e999}', `${'['.repeat(5000)}`, '{"\\ud800":"\\u0000"}'])
  // A signed event stays signed: what it says is for the receiver's own tests.
  if (typeof example === 'string') return example
  return mutated(random, example, 0)
}

/** A copy with some values replaced, removed or added. */
function mutated(random: Random, value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH || random.isOneIn(5)) return oddJson(random)
  if (Array.isArray(value)) return value.map((item) => (random.isOneIn(2) ? item : mutated(random, item, depth + 1)))
  if (typeof value !== 'object' || value === null) return random.isOneIn(2) ? value : oddJson(random)
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] =>
    random.isOneIn(8) ? [] : [[name, random.isOneIn(2) ? inner : mutated(random, inner, depth + 1)]],
  )
  if (random.isOneIn(8)) entries.push([oneOf(random, ODD_TEXTS).slice(0, 50), oddJson(random)])
  return Object.fromEntries(entries)
}

function oddHeaders(random: Random): Record<string, string> {
  const headers: Record<string, string> = {}
  if (random.isOneIn(6)) headers['idempotency-key'] = oneOf(random, ['a', 'x'.repeat(300), '"quoted"', ' ', 'é'])
  if (random.isOneIn(8))
    headers.range = oneOf(random, ['bytes=0-1', 'bytes=9-1', 'bytes=-', 'lines=1', 'bytes=0-99999999999999'])
  if (random.isOneIn(10)) headers.accept = oneOf(random, ['text/html', '*/*;q=0', 'application/xml', 'x'.repeat(500)])
  if (random.isOneIn(10)) headers['x-request-id'] = oneOf(random, ['a b', 'x'.repeat(500), '<script>', 'ok-1'])
  if (random.isOneIn(12))
    headers['content-type'] = oneOf(random, ['text/plain', 'application/json; charset=utf-16', 'x'])
  if (random.isOneIn(12)) headers['if-none-match'] = oneOf(random, ['*', '"x"', 'W/"'])
  if (random.isOneIn(20))
    headers.authorization = oneOf(random, ['Bearer', 'Bearer x y', 'Basic YTpi', `Bearer ${'x'.repeat(5000)}`])
  return headers
}
