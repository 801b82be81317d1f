import { runSuite } from './support/suite-run'

/**
 * `bun run test:twice [paths and flags of bun test]`: two suites at once from one checkout, which must not meet in a port, a
 * file or a database. Prints a line for each, and the result last.
 */

const args = process.argv.slice(2)
const results = await Promise.all(['first', 'second'].map((name) => runSuite(name, args)))
const green = results.filter(Boolean).length
console.log(`${green} of 2 suites at once green`)
process.exit(green === 2 ? 0 : 1)
