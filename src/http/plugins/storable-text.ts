import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { unstorablePaths } from '../../lib/text'

/** @throws DomainError validation_failed for text that only one of the databases can store, so that both answer the same. */
export function requireStorable(...parts: unknown[]): void {
  const paths = parts.flatMap((part) => unstorablePaths(part))
  if (paths.length === 0) return
  const message = 'must not contain NUL or lone surrogates'
  throw new DomainError('validation_failed', `Text contains NUL or lone surrogates: ${paths.slice(0, 10).join(', ')}`, {
    errors: paths.map((path) => ({ path, message })),
  })
}

export const storableText = () =>
  new Elysia({ name: 'storable-text' }).onBeforeHandle({ as: 'global' }, ({ params, query, body }) =>
    requireStorable(params, query, body),
  )
