import { z } from 'zod'

/**
 * The schema of a response. It documents the response and does not validate it, so it is created for the OpenAPI document:
 * creating the schemas of all responses would take a sixth of the time to start.
 */
export const responseSchema = <Schema extends z.ZodType>(create: () => Schema) => z.lazy(create)
