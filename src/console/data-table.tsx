import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Column } from './columns'
import { count } from './format'
import { SortIcon } from './icons'
import { scrollHere, setParams, usePlace } from './navigation'
import { Button, Problem, SkeletonRows } from './ui'
import type { List } from './use-list'

const ROW_PX = 53
/** Fewer rows than this stand in the page as they are: the browser finds and prints them all. */
const ALL_SHOWN = 100
/** The next rows are asked for when the end of the list is this near. */
const NEAR_END = '1200px'

interface DataTableProps<T> {
  label: string
  columns: Column<T>[]
  list: List<T>
  idOf: (row: T) => string
  /** What stands in place of the table when there is no row. */
  empty: ReactNode
  /** What a row opens to; null for a row that does not open. */
  inside?: (row: T) => ReactNode
  insideTitle?: (row: T) => string
}

/** A list as a table: columns sort by their headers, rows load as they are scrolled to, and only those in sight are rendered. */
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
          <span>This list begins where its link points to.</span>
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
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    enabled: windowed,
    estimateSize: () => ROW_PX,
    // biome-ignore lint/style/noNonNullAssertion: it asks for `count` rows at most
    getItemKey: (index) => idOf(rows[index]!),
    overscan: 10,
    scrollMargin: top,
  })
  const items = virtualizer.getVirtualItems()
  const all = rows.map((row, index) => ({ row, index }))
  const shown = windowed ? items.flatMap(({ index }) => all[index] ?? []) : all
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
            <Row
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

/** One row, and below it what it opens to. */
function Row<T>({ row, index, columns, inside, title, measure }: RowProps<T>) {
  const [open, setOpen] = useState(false)
  const content = inside?.(row) ?? null
  return (
    <tbody data-index={index} ref={measure}>
      <tr aria-rowindex={index + 2}>
        {columns.map((column, at) => (
          <td key={column.id} className={classOf(column)}>
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

const classOf = <T,>({ number, wide, full, nowrap }: Column<T>): string | undefined =>
  [number && 'number', wide && 'wide-only', full && 'full', nowrap && 'nowrap'].filter(Boolean).join(' ') || undefined

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

/** A click sorts by the column, another one the other way round. */
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
  const { rows, total, hasMore, loadingMore } = list
  const foot = useRef<HTMLDivElement>(null)
  const latest = useRef(list)
  latest.current = list
  const { length } = rows
  useEffect(() => {
    // Observed again after each page: its end may still be in sight.
    if (length === 0 || !hasMore || loadingMore) return
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current.more(), {
      rootMargin: NEAR_END,
    })
    if (foot.current) observer.observe(foot.current)
    return () => observer.disconnect()
  }, [length, hasMore, loadingMore])
  return (
    <div className="list-foot" ref={foot}>
      <span role="status">
        {count(rows.length)}
        {total === undefined ? '' : ` of ${count(total)}`} {rows.length === 1 ? 'row' : 'rows'}
        {!hasMore && rows.length > 10 ? ', that is all' : ''}
      </span>
      {hasMore && (
        <Button small busy={loadingMore} onClick={list.more}>
          {loadingMore ? 'Loading…' : 'Load more'}
        </Button>
      )}
      {list.error && <Problem error={list.error} retry={list.more} />}
    </div>
  )
}

/** Everything that is loaded goes on paper, not only what is in sight. */
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

/** Back leads to the row that was left. */
function useScrollRestoration(): void {
  useLayoutEffect(() => {
    const scroll = scrollHere()
    if (scroll > 0) scrollTo(0, scroll)
  }, [])
}

const SETTLED_MS = 250

/** The page of the list that is at the top of the window is in the address, so that a reload begins there. */
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
