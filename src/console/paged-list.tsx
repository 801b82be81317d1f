import { type ReactNode, useState } from 'react'
import type { Pagination } from '../sdk/records'
import { useData } from './queries'
import { Button, Loading, Problem } from './ui'

interface PagedListProps<T> {
  /** What the list shows: filters and all. A change starts again at the first page. */
  of: string
  load: (cursor: string | undefined) => Promise<{ items: T[]; pagination: Pagination }>
  empty: ReactNode
  everyMs?: number
  children: (items: T[], reload: () => Promise<void>) => ReactNode
}

/** One page of a list at a time, however long the list is. */
export function PagedList<T>({ of, load, empty, everyMs, children }: PagedListProps<T>) {
  const [at, setAt] = useState<{ of: string; cursors: string[] }>({ of, cursors: [] })
  const cursors = at.of === of ? at.cursors : []
  const cursor = cursors.at(-1)
  const { data, error, loading, reload } = useData(`${of} ${cursor ?? ''}`, () => load(cursor), everyMs)
  if (!data)
    return error ? (
      <div className="panel-body">
        <Problem error={error} retry={reload} />
      </div>
    ) : (
      <Loading />
    )
  const { items, pagination } = data
  const next = pagination.next_cursor
  return (
    <>
      {error && (
        <div className="panel-body">
          <Problem error={error} retry={reload} />
        </div>
      )}
      {items.length === 0 && cursors.length === 0 ? empty : children(items, reload)}
      {(cursors.length > 0 || next) && (
        <nav className="pager" aria-label="Pages">
          <span aria-live="polite">
            {loading ? 'Loading…' : `Page ${cursors.length + 1}`}
            {pagination.total === undefined ? '' : ` of ${Math.ceil(pagination.total / pagination.limit)}`}
          </span>
          <Button small disabled={cursors.length === 0} onClick={() => setAt({ of, cursors: cursors.slice(0, -1) })}>
            Previous
          </Button>
          <Button small disabled={!next} onClick={() => next && setAt({ of, cursors: [...cursors, next] })}>
            Next
          </Button>
        </nav>
      )}
    </>
  )
}
