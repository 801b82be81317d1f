import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Pagination } from '../sdk/records'
import { here, setParams } from './navigation'
import { isOutage, queryClient } from './queries'
import { onTopic, type Topic } from './tracker'

interface ListPage<T> {
  items: T[]
  pagination: Pagination
}
type Pages<T> = InfiniteData<ListPage<T>, string | undefined>

export interface ListOptions<T> {
  /** Identity of the list, including its filters. A change restarts at the top. */
  key: readonly unknown[]
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<T>>
  idOf: (row: T) => string
  /** Topic of stream entries that change the list. */
  topic?: Topic
  /** Refresh interval of the first page, for data without stream entries. */
  everyMs?: number
}

export interface List<T> {
  rows: T[]
  /** Null until the first page is loaded. */
  isEmpty: boolean | null
  total: number | undefined
  /** New rows above the current scroll position. */
  newRows: number
  showNewRows: () => void
  /** Whether the list starts below its top, at the position in the address. */
  startsBelow: boolean
  toTop: () => void
  error: Error | null
  hasMore: boolean
  loadingMore: boolean
  more: () => void
  /** Returns the position of a row for the address: a cursor, or empty for the top. */
  placeOf: (index: number) => string
  /** Reloads the first page and merges it. */
  refresh: () => Promise<void>
  /** Removes a row before the server does. @returns a function that restores it. */
  remove: (id: string) => () => void
}

const SCROLLED_FROM_PX = 160

/**
 * A list that loads more when scrolled and stays current: stream entries reload its first page, changed rows are updated
 * in place, and new rows wait while the user has scrolled down.
 */
export function useList<T>(options: ListOptions<T>): List<T> {
  const { key, load, idOf, topic, everyMs } = options
  const latest = useRef(options)
  latest.current = options
  const name = JSON.stringify(key)
  const [at, setAt] = useState(() => ({ name, start: startOf(name) }))
  if (at.name !== name) setAt({ name, start: startOf(name) })
  const { start } = at
  const queryKey = ['list', name, start]
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: start || undefined,
    getNextPageParam: ({ pagination }) => pagination.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchInterval: ({ state }) => (state.data === undefined && isOutage(state.error) ? 5000 : false),
  })
  const [waiting, setWaiting] = useState<{ name: string; pages: Pages<T>; count: number } | null>(null)

  const refresh = useCallback(async () => {
    const current = ['list', name, start]
    const before = queryClient.getQueryData<Pages<T>>(current)
    if (!before) return void queryClient.refetchQueries({ queryKey: current })
    const { load, idOf } = latest.current
    const fresh = await load(start || undefined, new AbortController().signal).catch(() => null)
    // Wait for a page that is loading, because its result would overwrite the new data.
    await queryClient
      .getQueryCache()
      .find({ queryKey: current })
      ?.promise?.catch(() => null)
    const known = queryClient.getQueryData<Pages<T>>(current)
    if (!fresh || !known) return
    const { pages, added } = merge(known, fresh, idOf)
    if (scrollY > SCROLLED_FROM_PX && added > 0) {
      setWaiting({ name, pages, count: added })
      queryClient.setQueryData(current, changedOnly(known, fresh, idOf))
    } else {
      setWaiting(null)
      queryClient.setQueryData(current, pages)
    }
  }, [name, start])

  useEffect(() => onTopic(topic ?? 'everything', () => void refresh()), [topic, refresh])
  useEffect(() => {
    if (!everyMs) return
    const timer = setInterval(() => document.visibilityState === 'visible' && void refresh(), everyMs)
    return () => clearInterval(timer)
  }, [everyMs, refresh])

  const { data, error, hasNextPage, isFetching, fetchNextPage } = query
  // A search among very many rows may return an empty page and continue after it.
  const continues = hasNextPage && !error && data?.pages.at(-1)?.items.length === 0
  useEffect(() => {
    if (continues && !isFetching) void fetchNextPage({ cancelRefetch: false })
  }, [continues, isFetching, fetchNextPage])
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data])
  const pending = waiting?.name === name ? waiting : null
  return {
    rows,
    isEmpty: data && !continues ? rows.length === 0 : null,
    total: data?.pages[0]?.pagination.total,
    newRows: pending?.count ?? 0,
    showNewRows: () => {
      if (pending) queryClient.setQueryData(queryKey, pending.pages)
      setWaiting(null)
      scrollTo(0, 0)
    },
    startsBelow: start !== '',
    toTop: () => {
      setAt({ name, start: '' })
      setParams({ cursor: '' }, true)
      scrollTo(0, 0)
    },
    error: query.error,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetching && data !== undefined,
    more: () => void (!query.isFetchingNextPage && query.hasNextPage && query.fetchNextPage({ cancelRefetch: false })),
    placeOf: (index) => {
      let passed = 0
      for (const [page, { items }] of (data?.pages ?? []).entries()) {
        passed += items.length
        if (index < passed) return (data?.pageParams[page] as string | undefined) ?? ''
      }
      return ''
    },
    refresh,
    remove: (id) => {
      const before = queryClient.getQueryData<Pages<T>>(queryKey)
      queryClient.setQueryData<Pages<T>>(queryKey, (pages) => pages && filtered(pages, (row) => idOf(row) !== id))
      return () => queryClient.setQueryData(queryKey, before)
    },
  }
}

/** Returns the cursor of the address, unless the list is still in memory from its top. */
function startOf(name: string): string {
  const cursor = here().params.get('cursor') ?? ''
  const known = queryClient.getQueryData<Pages<unknown>>(['list', name, ''])
  return known?.pageParams.includes(cursor) ? '' : cursor
}

const filtered = <T>(pages: Pages<T>, keep: (row: T) => boolean): Pages<T> => ({
  ...pages,
  pages: pages.pages.map((page) => ({ ...page, items: page.items.filter(keep) })),
})

/** Updates known rows. Adds and removes none. */
function changedOnly<T>(pages: Pages<T>, fresh: ListPage<T>, idOf: (row: T) => string): Pages<T> {
  const now = new Map(fresh.items.map((row) => [idOf(row), row]))
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, items: page.items.map((row) => now.get(idOf(row)) ?? row) })),
  }
}

/**
 * Merges the new first page with the known rows. If they do not overlap, the list starts again.
 */
function merge<T>(known: Pages<T>, fresh: ListPage<T>, idOf: (row: T) => string): { pages: Pages<T>; added: number } {
  const old = known.pages.flatMap(({ items }) => items)
  const oldIds = new Set(old.map(idOf))
  const ids = new Set(fresh.items.map(idOf))
  const added = fresh.items.filter((row) => !oldIds.has(idOf(row))).length
  const last = old.findLastIndex((row) => ids.has(idOf(row)))
  const [first, ...rest] = known.pages
  if (!first || last < 0 || fresh.pagination.next_cursor === null)
    return { pages: { pages: [fresh], pageParams: known.pageParams.slice(0, 1) }, added }
  const below = new Set(old.slice(last + 1).map(idOf))
  const keep = (row: T) => below.has(idOf(row))
  const head = { items: [...fresh.items, ...first.items.filter(keep)], pagination: first.pagination }
  const single = rest.length === 0 && !first.items.some(keep)
  return {
    pages: {
      pages: [
        single ? fresh : { ...head, pagination: { ...first.pagination, ...totalOf(fresh) } },
        ...rest.map((page) => ({ ...page, items: page.items.filter(keep) })),
      ],
      pageParams: known.pageParams,
    },
    added,
  }
}

const totalOf = ({ pagination: { total } }: ListPage<unknown>) => (total === undefined ? {} : { total })
