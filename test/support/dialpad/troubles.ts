import { type Fault, HTML_ERROR_PAGE } from './faults'
import { LOGIN_PAGE } from './media'

type Trouble = Omit<Fault, 'on' | 'times'>

const html = { 'content-type': 'text/html; charset=utf-8' }
const error = (code: number, message: string) => JSON.stringify({ error: { code, message } })

/** The faults that Dialpad's API is known or feared to have: `faults.add({ on: /GET .*company$/, ...troubles.half })`. */
export const troubles = {
  unauthorized: { status: 401, body: error(401, 'Invalid credentials') },
  missingScope: (scope: string): Trouble => ({ status: 403, body: error(403, `The token lacks the scope ${scope}`) }),
  /** @param retryAfter the header's value; Dialpad promises none. */
  tooManyRequests: (retryAfter?: string): Trouble => ({
    status: 429,
    body: error(429, 'Rate limit exceeded'),
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  }),
  serverError: (status = 500): Trouble => ({ status, body: HTML_ERROR_PAGE, headers: html }),
  /** OAuth: the grant is gone. */
  invalidGrant: { status: 400, body: '{"error":"invalid_grant"}' },
  /** What stands between refuses, and says nothing of the grant. */
  proxyRefusal: { status: 400, body: '<html><body><h1>400 Bad Request</h1></body></html>', headers: html },
  /** The page for people who are not signed in, as if it were the answer. */
  loginPage: { status: 200, body: LOGIN_PAGE, headers: html },
  /** Markup that must run in nobody's browser, wherever it is shown. */
  hostilePage: {
    status: 200,
    body: '<html><script>alert(document.domain)</script><img src=x onerror=alert(1)></html>',
    headers: html,
  },
  /** The connection breaks within the answer. */
  half: { cut: 'half' },
  /** The answer is served, but nothing of it arrives. */
  lostAnswer: { cut: 'after' },
  slow: (until: Promise<void>): Trouble => ({ delay: () => until }),
  /** One JSON object of so many bytes. */
  huge: (bytes: number): Trouble => ({ status: 200, body: `{"padding":"${'x'.repeat(bytes - 14)}"}` }),
  nullItems: { alter: (answer) => ({ ...answer, items: null }) },
  noItems: { alter: ({ items: _, ...answer }) => answer },
  /** Every page says that there is one more, and the cursor is always the same. */
  endlessCursor: { alter: (answer) => ({ ...answer, cursor: 'MA' }) },
  /** Members that are not described, or described otherwise. */
  withMembers: (members: Record<string, unknown>): Trouble => ({ alter: (answer) => ({ ...answer, ...members }) }),
  /** The answer in any other shape. */
  wrongShape: (shape: unknown): Trouble => ({ alter: () => shape }),
} as const satisfies Record<string, Trouble | ((...given: never[]) => Trouble)>
