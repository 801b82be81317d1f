import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5'

/** Rules for what meets the text of strangers, over every source of the server. */

const ROOT = join(import.meta.dir, '../..')
const isServer = (path: string) => !/^src\/(console|sdk)\//.test(path)
const sources = [...new Bun.Glob('src/**/*.ts').scanSync({ cwd: ROOT })]
  .filter(isServer)
  .sort()
  .map((path) => ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true))

interface Found<Node extends ts.Node> {
  where: string
  node: Node
}

function findAll<Node extends ts.Node>(is: (node: ts.Node) => node is Node): Found<Node>[] {
  const found: Found<Node>[] = []
  for (const source of sources) {
    const visit = (node: ts.Node): void => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      if (is(node)) found.push({ where: `${source.fileName}:${line + 1}`, node })
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return found
}

const LENGTH = 50_000
/** A linear expression needs about a millisecond; one that backtracks over a half of the text needs seconds. */
const MAX_CPU_MS = 400
/** In small steps: an expression of exponential or polynomial time is found when it first takes too long. */
const LENGTHS = [20, 22, 24, 25, 26, 28, 500, 2000, 8000, 24_000, LENGTH]

/** Texts of parts that the expression matches, alone and in pairs, which then do not end as it wants. */
function attacksOn(source: string): string[] {
  const literals = source
    .replace(/\\[a-z](\{[^}]*\})?|\(\?<?[=!:]|\[[^\]]*\]|[()|?*+^$.{}[\]]/gi, ' ')
    .match(/[^\s\\]+/g)
  const escapes = { '\\d': '1', '\\w': 'a', '\\s': ' ', '\\p': '\u200b', '[^': 'x', '.': 'x', '\\t': '\t', '\\n': '\n' }
  const matched = Object.entries(escapes).flatMap(([part, text]) => (source.includes(part) ? [text] : []))
  const parts = [...new Set([...(literals ?? []), ...matched, ...(source.match(/[^\w\s\\]/g) ?? [])])]
  return [...parts, ...parts.flatMap((one) => parts.flatMap((other) => (one === other ? [] : one + other)))]
}

function slowest(expression: RegExp): { text: string; cpuMs: number } {
  let worst = { text: '', cpuMs: 0 }
  for (const attack of attacksOn(expression.source))
    for (const length of LENGTHS) {
      const text = `${attack.repeat(Math.ceil(length / attack.length))}\u0000`
      const began = process.cpuUsage()
      text.replace(expression, '')
      const { user } = process.cpuUsage(began)
      if (user / 1000 > worst.cpuMs) worst = { text: `${attack} × ${length}`, cpuMs: user / 1000 }
      if (worst.cpuMs > MAX_CPU_MS) return worst
    }
  return worst
}

test('every regular expression of the server takes linear time over any text', () => {
  const literals = findAll(ts.isRegularExpressionLiteral)
  expect(literals.length).toBeGreaterThan(80)
  const byText = Map.groupBy(literals, ({ node }) => node.text)
  const slow = [...byText].flatMap(([text, places]) => {
    const end = text.lastIndexOf('/')
    const { text: attack, cpuMs } = slowest(new RegExp(text.slice(1, end), text.slice(end + 1)))
    return cpuMs > MAX_CPU_MS ? [`${places.map(({ where }) => where)} ${text} on ${attack}: ${cpuMs} ms`] : []
  })
  expect(slow).toEqual([])
}, 120_000)

test('the check of regular expressions finds those that take exponential and quadratic time', () => {
  for (const bad of [/^(a+)+$/, /^(\w|\d)*$/, /a.*b.*c/]) expect(slowest(bad).cpuMs).toBeGreaterThan(MAX_CPU_MS)
})

/** Expressions made of a text: none of them is made of a stranger's. */
const MADE: Record<string, string> = {
  'src/http/plugins/allowed-methods.ts': 'of our own routes',
  'src/observability/log-file.ts': 'of the setting LOG_FILE, escaped',
  'src/stream/filter.ts': 'of numbers',
}

test('no regular expression is made of what a stranger sent', () => {
  const made = findAll(ts.isNewExpression).filter(({ node }) => node.expression.getText() === 'RegExp')
  expect([...new Set(made.map(({ where }) => where.split(':')[0]!))].sort()).toEqual(Object.keys(MADE))
})

const SECRET = /(secret|token|password|signature|digest|api_?key|hash|verifier)$/i
const isComparison = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken].includes(node.operatorToken.kind)
/** Whether there is a text in it, rather than an absence, a type or a length. */
const isText = (node: ts.Node) => !/^(null|undefined|true|false|''|"")$|^typeof |\.length$|^\d+$/.test(node.getText())

/** Comparisons of which nobody outside learns anything by their duration, and why. */
const HARMLESS: Record<string, string> = {
  'src/dialpad/connections/credentials.ts current.token !== rejected.token': 'both are of this process',
  'src/http/idempotency/service.ts row.requestHash !== requestHash': 'a hash of what its sender knows',
}

test('secrets are compared in constant time alone', () => {
  const found = findAll(isComparison).filter(
    ({ node: { left, right } }) =>
      isText(left) && isText(right) && (SECRET.test(left.getText()) || SECRET.test(right.getText())),
  )
  const lines = found.map(({ where, node }) => `${where.split(':')[0]} ${node.getText()}`)
  expect(lines.sort()).toEqual(Object.keys(HARMLESS).sort())
})
