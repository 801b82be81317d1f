import ts from 'typescript-5'

/** A change of one place in a source text. */
export interface Edit {
  operator: string
  line: number
  start: number
  end: number
  replacement: string
}

const OPERATORS: Record<string, string[]> = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
}
const CALLS: Record<string, string> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'lte',
  lte: 'lt',
  gt: 'gte',
  gte: 'gt',
  asc: 'desc',
  desc: 'asc',
  isNull: 'isNotNull',
}
const METHODS: Record<string, string> = { some: 'every', every: 'some', min: 'max', max: 'min' }
/** What a person reads, or what only counts: no behaviour anybody relies on. */
const TEXT_ONLY = /^(log|metrics|console)\b/
const TEXT_PROPERTIES = /^(detail|description|summary|tags|examples?|message|action|responses|error|help)$/
/** Switches of a route whose type is the literal `true`: the compiler refuses `false`, and the guard does not look at it. */
const TRUE_ONLY = /^admin$/

/** Every change that the rules below make in a source text. */
export function mechanicalEdits(fileName: string, text: string): Edit[] {
  const kind = fileName.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true, kind)
  const edits: Edit[] = []

  function change(node: ts.Node, operator: string, replacement: string): void {
    const start = node.getStart(source)
    const line = source.getLineAndCharacterOfPosition(start).line + 1
    edits.push({ operator, line, start, end: node.getEnd(), replacement })
  }
  const textOf = (node: ts.Node) => node.getText(source)

  function visit(node: ts.Node): void {
    if (isTextOnly(node)) return
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition
      for (const constant of ['true', 'false']) change(condition, `condition is ${constant}`, constant)
    } else if (ts.isBinaryExpression(node)) {
      const operator = textOf(node.operatorToken)
      // Texts that are joined are messages and documentation.
      const isText = operator === '+' && [node.left, node.right].some(ts.isStringLiteralLike)
      for (const other of isText ? [] : (OPERATORS[operator] ?? []))
        change(node.operatorToken, `${operator} becomes ${other}`, other)
      if (operator === '??') change(node, '?? without its default', `(${textOf(node.left)})`)
    } else if (ts.isAwaitExpression(node)) change(node, 'no await', textOf(node.expression))
    else if (ts.isExpressionStatement(node) && !isDeclarationLike(node)) change(node, 'no statement', ';')
    else if (ts.isCallExpression(node)) callEdits(node)
    else if (ts.isNumericLiteral(node)) change(node, 'one more', `(${textOf(node)} + 1)`)
    else if (node.kind === ts.SyntaxKind.TrueKeyword && !isTrueOnly(node)) change(node, 'true becomes false', 'false')
    else if (node.kind === ts.SyntaxKind.FalseKeyword) change(node, 'false becomes true', 'true')
    else if (ts.isRegularExpressionLiteral(node)) regexEdits(node)
    else if (ts.isStringLiteral(node) && isInGuard(node)) change(node, 'another text', `'${node.text}~'`)
    else if (ts.isBlock(node) && isVoidFunctionBody(node)) change(node, 'empty function', '{}')
    ts.forEachChild(node, visit)
  }

  function isTextOnly(node: ts.Node): boolean {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true
    if (ts.isImportDeclaration(node) || ts.isNewExpression(node) || ts.isThrowStatement(node)) return true
    if (ts.isCallExpression(node)) return TEXT_ONLY.test(textOf(node.expression))
    if (ts.isExpressionStatement(node)) return TEXT_ONLY.test(textOf(node))
    return ts.isPropertyAssignment(node) && TEXT_PROPERTIES.test(textOf(node.name))
  }

  /** A bare string, as in 'use client', does nothing. */
  const isDeclarationLike = (node: ts.ExpressionStatement) => ts.isStringLiteral(node.expression)

  function callEdits(node: ts.CallExpression): void {
    const called = node.expression
    if (ts.isIdentifier(called)) {
      const other = CALLS[called.text]
      if (other) change(called, `${called.text} becomes ${other}`, other)
      if ((called.text === 'and' || called.text === 'or') && node.arguments.length > 1)
        for (const [i, argument] of node.arguments.entries()) {
          const others = node.arguments.filter((_, at) => at !== i).map(textOf)
          change(node, `no ${oneLine(argument)}`, `${called.text}(${others.join(', ')})`)
        }
    } else if (ts.isPropertyAccessExpression(called)) {
      const other = METHODS[called.name.text]
      if (other) change(called.name, `${called.name.text} becomes ${other}`, other)
      const [condition] = node.arguments
      if (called.name.text === 'where' && condition) change(node, `no ${oneLine(condition)}`, textOf(called.expression))
    }
  }

  const isTrueOnly = ({ parent }: ts.Node) => ts.isPropertyAssignment(parent) && TRUE_ONLY.test(textOf(parent.name))

  const oneLine = (node: ts.Node) => textOf(node).replace(/\s+/g, ' ')

  function regexEdits(node: ts.RegularExpressionLiteral): void {
    const { text: literal } = node
    if (literal.startsWith('/^')) change(node, 'no ^', `/${literal.slice(2)}`)
    if (/\$\/[a-z]*$/.test(literal)) change(node, 'no $', literal.replace(/\$(\/[a-z]*)$/, '$1'))
  }

  /** Whether a text decides something: it is compared, looked for, or a case. */
  function isInGuard({ parent }: ts.Node): boolean {
    if (ts.isCaseClause(parent)) return true
    if (ts.isBinaryExpression(parent)) return /^[!=]==$/.test(textOf(parent.operatorToken))
    return ts.isCallExpression(parent) && /\.(startsWith|endsWith|includes|has)$/.test(textOf(parent.expression))
  }

  const isVoidFunctionBody = (node: ts.Block): boolean =>
    ts.isFunctionLike(node.parent) && node.statements.length > 0 && !hasReturnedValue(node)

  function hasReturnedValue(node: ts.Node): boolean {
    if (ts.isReturnStatement(node)) return node.expression !== undefined
    if (ts.isFunctionLike(node)) return false
    return ts.forEachChild(node, hasReturnedValue) ?? false
  }

  visit(source)
  return edits.map((edit) => withNeededImport(text, edit))
}

/** A function of the query builder that the file does not import yet is written out. */
function withNeededImport(text: string, edit: Edit): Edit {
  const name = edit.replacement
  if (!Object.values(CALLS).includes(name) || new RegExp(`\\b${name}\\b[^;]*from 'drizzle-orm'`).test(text)) return edit
  return { ...edit, replacement: `require('drizzle-orm').${name}` }
}
