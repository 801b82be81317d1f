/** The rooms where a fault costs data or lets somebody in. Paths are globs from the root of the project. */
export interface MutationRoom {
  files: string[]
  /** Left out: what only describes (documents, examples, generated code). */
  except?: string[]
  /** Tried in this order, after the test files that import the mutated file. */
  tests: string[]
  /** Only the changes whose operator fits; all of them, not a sample. */
  every?: RegExp
}

const DESCRIPTIONS = ['**/model.ts', '**/*-model.ts']
const ISOLATION = ['test/isolation/stores.test.ts', 'test/isolation/routes.test.ts']

/** By name, as `bun run test:mutation` takes it. */
export const mutationRooms: Record<string, MutationRoom> = {
  /** Every filter by app of every store, one by one. */
  filters: {
    files: ['src/**/*store*.ts', 'src/calls/store-*.ts'],
    tests: [...ISOLATION, 'test/isolation/live.test.ts', 'test/isolation/one-user.test.ts'],
    every: /^no eq\([^)]*\b(appId|app_id)\b/,
  },
  auth: {
    files: ['src/auth/*.ts'],
    except: DESCRIPTIONS,
    tests: ['test/auth', ...ISOLATION, 'test/stream/ended-credentials.test.ts', 'test/stream/sockets.test.ts'],
  },
  events: {
    files: ['src/events/*.ts'],
    except: DESCRIPTIONS,
    tests: ['test/events', ...ISOLATION, 'test/maintenance', 'test/dialpad/webhooks.test.ts'],
  },
  stream: {
    files: ['src/stream/*.ts'],
    except: [...DESCRIPTIONS, 'src/stream/async-api.ts'],
    tests: ['test/stream', ...ISOLATION, 'test/isolation/live.test.ts', 'test/scenarios/instances.test.ts'],
  },
  endpoints: {
    files: ['src/endpoints/*.ts'],
    except: DESCRIPTIONS,
    tests: ['test/endpoints', ...ISOLATION, 'test/cli/endpoints.test.ts', 'test/scenarios/takeover.test.ts'],
  },
  apps: {
    files: ['src/apps/*.ts'],
    except: DESCRIPTIONS,
    tests: [
      'test/apps',
      'test/auth/keys.test.ts',
      ...ISOLATION,
      'test/events/shared-route.test.ts',
      'test/dialpad/routes.test.ts',
    ],
  },
  db: {
    files: ['src/db/*.ts'],
    except: ['src/db/tables.ts', 'src/db/schema.*.ts', 'src/db/columns.ts'],
    tests: ['test/db', 'test/stream', 'test/events/processing.test.ts', 'test/events/processor.test.ts'],
  },
  calls: {
    files: ['src/calls/state.ts', 'src/calls/merge.ts'],
    tests: ['test/calls'],
  },
  credentials: {
    files: ['src/dialpad/connections/*.ts'],
    except: DESCRIPTIONS,
    tests: ['test/dialpad/connection*.test.ts', 'test/dialpad/oauth-state.test.ts', 'test/dialpad/routes.test.ts'],
  },
  media: {
    files: ['src/dialpad/media/*.ts'],
    except: DESCRIPTIONS,
    tests: ['test/dialpad/*media*.test.ts', 'test/dialpad/*recordings.test.ts', 'test/isolation/one-user.test.ts'],
  },
  http: {
    files: ['src/http/plugins/*.ts', 'src/http/idempotency/*.ts'],
    tests: [
      'test/http/!(openapi|asyncapi).test.ts',
      'test/api/!(typed-client|every-route).test.ts',
      'test/api/every-route.test.ts',
    ],
  },
  kit: {
    files: ['src/sdk/*.ts', 'src/sdk/*.tsx', 'src/sdk/react/*'],
    except: ['src/sdk/api.generated.ts', 'src/sdk/example.tsx', 'src/sdk/region.ts'],
    tests: ['test/sdk/!(client-package).test.ts', 'test/browser/sdk/!(packages|example).test.ts'],
  },
}
