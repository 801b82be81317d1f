import type { AnyElysia } from 'elysia'
import type { z } from 'zod'

/** The schemas that routes registered by name, which Elysia's type does not expose. */
export const modelsOf = (app: AnyElysia): Record<string, z.ZodType> =>
  (app as unknown as { getGlobalDefinitions(): { type: Record<string, z.ZodType> } }).getGlobalDefinitions().type
