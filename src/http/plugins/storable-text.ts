import { Elysia } from 'elysia'
import { DomainError } from '../../lib/errors'
import { unstorablePaths } from '../../lib/text'

/** Refuses text that not both databases hold, so that a request is answered the same on each. */
export const storableText = () =>
  new Elysia({ name: 'storable-text' }).onBeforeHandle({ as: 'global' }, ({ params, query, body }) => {
    const paths = [params, query, body].flatMap((part) => unstorablePaths(part))
    if (paths.length === 0) return
    const message = 'must not contain NUL or lone surrogates'
    const errors = paths.map((path) => ({ path, message }))
    throw new DomainError('validation_failed', `Some text is not valid Unicode: ${paths.slice(0, 10).join(', ')}`, {
      errors,
    })
  })
