/**
 * Who may import whom. A room may import the rooms that stand before it in ORDER, and itself; so there is no cycle between
 * rooms. `bun run check` enforces what is written here, and `rules.test.ts` breaks each rule to see it fail.
 */

/** Lowest first: the table of rooms in docs/architecture.md, read from the bottom. */
export const ORDER = [
  'lib',
  'payload',
  'config',
  'observability',
  'db',
  'http',
  'auth',
  'stream',
  'apps',
  'users',
  'customers',
  'calls',
  'messages',
  'voicemails',
  'events',
  'endpoints',
  'analytics',
  'dialpad',
  'maintenance',
  'simulator',
  'web',
  'app',
  'cli',
  'main',
] as const

/** Browser code: it runs in another process and may import these alone. */
export const BROWSER: Record<string, readonly string[]> = { sdk: ['lib', 'sdk'], console: ['lib', 'sdk', 'console'] }

export interface PackageRule {
  /** The package, and every path below it. */
  packages: readonly string[]
  /** Files that may import it. */
  allowed: RegExp
  why: string
}

export const PACKAGES: readonly PackageRule[] = [
  {
    packages: ['elysia', '@elysiajs/openapi'],
    allowed: /^src\/(?:[\w-]+\/)*(?:[\w-]+-)?routes\.ts$|^src\/(?:http|app)\/|^src\/auth\/guards\.ts$/,
    why: 'Only routes, http/, app/ and the guards of auth/ import Elysia.',
  },
  {
    packages: ['drizzle-orm'],
    allowed: /^src\/db\/|^src\/(?:[\w-]+\/)+(?:[\w-]+-)?store(?:-[\w-]+)?\.ts$/,
    why: 'Only db/, stores and their parts (store-….ts) import Drizzle.',
  },
]

export interface FileRule {
  /** Files the rule is about. */
  from: RegExp
  /** Files they must not import. */
  to: RegExp
  why: string
}

export const FILES: readonly FileRule[] = [
  {
    from: /^src\/(?:[\w-]+\/)*(?:[\w-]+-)?routes\.ts$/,
    to: /(?:^|[/-])store(?:-[\w-]+)?\.ts$/,
    why: 'A route asks a service; only services ask stores.',
  },
  {
    from: /^src\/(?:[\w-]+\/)+(?:[\w-]+-)?store(?:-[\w-]+)?\.ts$/,
    to: /\/(?:[\w-]+-)?(?:routes|service|queries|apply)\.ts$/,
    why: 'A store knows no service and no route.',
  },
]

/** The only files that may read the environment. */
export const ENVIRONMENT = /^src\/config\/|^src\/web\/bundle\.ts$/

/**
 * A service has one name from its room's `make` to the route that uses it: who needs it receives the room (`calls`, then
 * `calls.queries`), or the service by its own name (`queries`), never the service by another name (`calls: calls.queries`).
 */
export const SERVICE_NAMES = {
  files: /^src\/app\/(?:compose|http|server)\.ts$|^src\/(?:[\w-]+\/)*(?:make|(?:[\w-]+-)?routes)\.ts$/,
  /** `name: room.service` or `name = room.service`. Settings are no services. */
  pattern: /\b(\w+)(?:: | = )(?:(?:deps|services)\.)?(?!config\.)(\w+)\.(\w+)(?=[\s,;)}]|$)/g,
  /** Functions that every room has, so a list of them is by room. */
  exempt: ['warnings'],
  why: 'A service keeps its name: pass the room, or the service by its own name.',
}
