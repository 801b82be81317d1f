import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { memo, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Column } from './columns'
import { count } from './format'
import { SortIcon } from './icons'
import { setParams, takeScroll, usePlace } from './navigation'
import { Button, Problem, SkeletonRows } from './ui'
import type { List } from './use-list'

const ROW_PX = 53
/** Up to this many rows are all rendered, so that the browser can find and print them. */
const ALL_SHOWN = 100
/** The next page is loaded when the end of the list is this close. */
const NEAR_END = '1200px'

interface DataTableProps<T> {
  label: string
  columns: Column<T>[]
  list: List<T>
  idOf: (row: T) => string
  /** Shown instead of an empty table. */
  empty: ReactNode
  /** Content of an opened row. Null for a row that cannot be opened. */
  inside?: (row: T) => ReactNode
  insideTitle?: (row: T) => string
}

/** A list as a table: headers sort, scrolling loads more rows, and only visible rows are rendered. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { columns, list, empty } = props
  if (list.isEmpty === null)
    return list.error ? (
      <div className="panel-body">
        <Problem error={list.error} retry={() => void list.refresh()} />
      </div>
    ) : (
      <SkeletonRows columns={columns.length} />
    )
  return (
    <>
      {list.startsBelow && (
        <div className="list-note">
          <span>This list starts at the position in its link.</span>
          <Button small onClick={list.toTop}>
            Go to the top
          </Button>
        </div>
      )}
      {list.newRows > 0 && (
        <div className="new-rows">
          <Button kind="primary" small onClick={list.showNewRows}>
            ↑ {count(list.newRows)} new
          </Button>
        </div>
      )}
      {list.isEmpty ? empty : <Rows {...props} />}
    </>
  )
}

function Rows<T>({ label, columns, list, idOf, inside, insideTitle }: DataTableProps<T>) {
  const { rows } = list
  const table = useRef<HTMLTableElement>(null)
  const [top, setTop] = useState(0)
  const printing = usePrinting()
  const windowed = rows.length > ALL_SHOWN && !printing
  useLayoutEffect(() => {
    const body = table.current?.tBodies[0]
    if (body) setTop(body.getBoundingClientRect().top + scrollY)
  }, [])
  // With a new function, the virtualizer measures all rows again.
  // biome-ignore lint/style/noNonNullAssertion: it asks for `count` rows at most
  const getItemKey = useCallback((index: number) => idOf(rows[index]!), [idOf, rows])
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    enabled: windowed,
    estimateSize: () => ROW_PX,
    getItemKey,
    overscan: 10,
    scrollMargin: top,
  })
  const items = virtualizer.getVirtualItems()
  const shown = windowed
    ? items.flatMap(({ index }) => rows.slice(index, index + 1).map((row) => ({ row, index })))
    : rows.map((row, index) => ({ row, index }))
  const before = windowed ? (items[0]?.start ?? top) - top : 0
  const after = windowed ? virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top) : 0

  useScrollRestoration()
  usePlaceInAddress(table, list)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of form fields */}
      <div role="group" className="table" tabIndex={0} aria-label={label}>
        <table ref={table} aria-rowcount={list.hasMore ? -1 : rows.length + 1}>
          <Head columns={columns} />
          {before > 0 && <Spacer height={before} columns={columns.length} />}
          {shown.map(({ row, index }) => (
            <MemoRow
              key={idOf(row)}
              row={row}
              index={index}
              columns={columns}
              inside={inside}
              title={insideTitle?.(row)}
              measure={windowed ? virtualizer.measureElement : undefined}
            />
          ))}
          {after > 0 && <Spacer height={after} columns={columns.length} />}
        </table>
      </div>
      <Foot list={list} />
    </>
  )
}

interface RowProps<T> {
  row: T
  index: number
  columns: Column<T>[]
  inside: ((row: T) => ReactNode) | undefined
  title: string | undefined
  measure: ((element: HTMLElement | null) => void) | undefined
}

/** A row and its opened content. */
function Row<T>({ row, index, columns, inside, title, measure }: RowProps<T>) {
  const [open, setOpen] = useState(false)
  const content = inside?.(row) ?? null
  return (
    <tbody data-index={index} ref={measure}>
      <tr aria-rowindex={index + 2}>
        {columns.map((column, at) => (
          <td
            key={column.id}
            className={classOf(column)}
            data-label={column.number && !column.hideTitle ? column.title : undefined}
          >
            {column.cell(row)}
            {at === 0 && content !== null && (
              <button type="button" className="disclose" aria-expanded={open} onClick={() => setOpen(!open)}>
                {title}
              </button>
            )}
          </td>
        ))}
      </tr>
      {open && content !== null && (
        <tr className="inside">
          <td colSpan={columns.length} className="full">
            {content}
          </td>
        </tr>
      )}
    </tbody>
  )
}

/** Memoized, so that scrolling renders only the rows that become visible. */
const MemoRow = memo(Row) as typeof Row

const classOf = <T,>({ number, wide, full, nowrap, hideTitle }: Column<T>): string | undefined =>
  [number && 'number', wide && 'wide-only', full && 'full', nowrap && 'nowrap', hideTitle && 'actions']
    .filter(Boolean)
    .join(' ') || undefined

const Spacer = ({ height, columns }: { height: number; columns: number }) => (
  <tbody aria-hidden="true" className="spacer">
    <tr>
      <td colSpan={columns} style={{ height }} />
    </tr>
  </tbody>
)

function Head<T>({ columns }: { columns: Column<T>[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) =>
          column.sort ? (
            <SortableHead key={column.id} column={column} sort={column.sort} />
          ) : (
            <th key={column.id} scope="col" className={classOf(column)}>
              {column.hideTitle ? <span className="hidden">{column.title}</span> : column.title}
            </th>
          ),
        )}
      </tr>
    </thead>
  )
}

/** A click sorts by the column. A second click reverses the order. */
function SortableHead<T>({ column, sort }: { column: Column<T>; sort: NonNullable<Column<T>['sort']> }) {
  const chosen = usePlace().params.get('sort') || (sort.isDefault ? sort.descending : '')
  const direction =
    chosen === sort.ascending ? 'ascending' : chosen === sort.descending ? 'descending' : ('none' as const)
  const next = direction === 'descending' ? sort.ascending : sort.descending
  return (
    <th scope="col" className={classOf(column)} aria-sort={direction}>
      <button
        type="button"
        className="sort"
        onClick={() => setParams({ sort: sort.isDefault && next === sort.descending ? '' : next, cursor: '' })}
      >
        {column.title}
        <SortIcon direction={direction} />
      </button>
    </th>
  )
}

function Foot<T>({ list }: { list: List<T> }) {
  const { rows, total, hasMore, loadingMore, error } = list
  const foot = useRef<HTMLDivElement>(null)
  const latest = useRef(list)
  latest.current = list
  const { length } = rows
  useEffect(() => {
    // Observe again after each page, because the end may still be visible. Of several entries, the last one counts. After a
    // failure, the reader or the end of the outage retries.
    if (length === 0 || !hasMore || loadingMore || error) return
    const observer = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && latest.current.more(), {
      rootMargin: NEAR_END,
    })
    if (foot.current) observer.observe(foot.current)
    return () => observer.disconnect()
  }, [length, hasMore, loadingMore, error])
  return (
    <div className="list-foot" ref={foot}>
      <span role="status">
        {count(rows.length)}
        {total === undefined ? '' : ` of ${count(total)}`} {rows.length === 1 ? 'row' : 'rows'}
      </span>
      {hasMore && (
        <Button small busy={loadingMore} onClick={list.more}>
          {loadingMore ? 'Loading…' : 'Load more'}
        </Button>
      )}
      {error && <Problem error={error} retry={list.more} />}
    </div>
  )
}

/** Prints all loaded rows, not only visible ones. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false)
  useEffect(() => {
    const begin = () => flushSync(() => setPrinting(true))
    const end = () => setPrinting(false)
    addEventListener('beforeprint', begin)
    addEventListener('afterprint', end)
    return () => {
      removeEventListener('beforeprint', begin)
      removeEventListener('afterprint', end)
    }
  }, [])
  return printing
}

/** Restores the scroll position after Back. */
function useScrollRestoration(): void {
  useLayoutEffect(() => {
    const scroll = takeScroll()
    if (scroll > 0) scrollTo(0, scroll)
  }, [])
}

const SETTLED_MS = 250

/** Stores the list page at the top of the window in the address, so that a reload starts there. */
function usePlaceInAddress<T>(table: { current: HTMLTableElement | null }, list: List<T>): void {
  const latest = useRef(list)
  latest.current = list
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const name = () => {
      const rows = table.current?.querySelectorAll<HTMLElement>('tbody[data-index]') ?? []
      const first = [...rows].find((row) => row.getBoundingClientRect().bottom > 0)
      if (first) setParams({ cursor: latest.current.placeOf(Number(first.dataset.index)) }, true)
    }
    const scrolled = () => {
      clearTimeout(timer)
      timer = setTimeout(name, SETTLED_MS)
    }
    addEventListener('scroll', scrolled, { passive: true })
    return () => {
      clearTimeout(timer)
      removeEventListener('scroll', scrolled)
    }
  }, [table])
}
