import type { JsonSchema } from './schemas'

interface MediaType {
  schema?: JsonSchema
  example?: unknown
}

/** A response of a route. */
export interface Answer {
  $ref?: never
  description?: string
  headers?: Record<string, { $ref: string }>
  content?: Record<string, MediaType>
}

/** A route in the OpenAPI document. */
export interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: JsonSchema }[]
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, Answer | { $ref: string }>
}
