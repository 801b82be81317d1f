import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { findUnstorable } from '../../lib/text'

/** @throws DomainError validation_failed for values that only one of the databases can store, so that both behave the same. */
export function requireStorable(...parts: unknown[]): void {
  const errors = parts.flatMap((part) => findUnstorable(part))
  if (errors.length === 0) return
  const named = errors.slice(0, 10).map(({ path, message }) => `${path} ${message}`)
  throw new DomainError('validation_failed', `The request cannot be stored: ${named.join('; ')}`, { errors })
}

export const storableText = () =>
  new Elysia({ name: 'storable-text' }).onBeforeHandle({ as: 'global' }, ({ params, query, body }) =>
    requireStorable(params, query, body),
  )
