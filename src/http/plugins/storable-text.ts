import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { unstorablePaths } from '../../lib/text'

/** Rejects text that only one of the databases can store, so that both give the same responses. */
export const storableText = () =>
  new Elysia({ name: 'storable-text' }).onBeforeHandle({ as: 'global' }, ({ params, query, body }) => {
    const paths = [params, query, body].flatMap((part) => unstorablePaths(part))
    if (paths.length === 0) return
    const message = 'must not contain NUL or lone surrogates'
    const errors = paths.map((path) => ({ path, message }))
    throw new DomainError(
      'validation_failed',
      `Text contains NUL or lone surrogates: ${paths.slice(0, 10).join(', ')}`,
      {
        errors,
      },
    )
  })
