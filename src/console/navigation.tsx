import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'
import { Emitter } from '../lib/emitter'

const BASE = '/console'
const address = new Emitter<{ changed: undefined }>()
const changed = () => address.emit('changed')
history.scrollRestoration = 'manual'
addEventListener('popstate', changed)

const subscribe = (listener: () => void) => address.on('changed', listener)

export interface Place {
  /** Below `/console`, without slashes at the ends: `calls/01J…`. */
  path: string
  /** The app, the filters, the open item and the position in a list. */
  params: URLSearchParams
}

let cached: { href: string; place: Place } | null = null

/** Returns the page and parameters of the address. */
export function here(): Place {
  const href = location.pathname + location.search
  if (cached?.href !== href) {
    const path = location.pathname.slice(BASE.length).replace(/^\/+|\/+$/g, '')
    cached = { href, place: { path, params: new URLSearchParams(location.search) } }
  }
  return cached.place
}

export const usePlace = (): Place => useSyncExternalStore(subscribe, here)

/** Returns the address of a page below `/console`. Keeps the current app unless `to` names one. */
function hrefOf(to: string): string {
  const [path = '', search] = to.split('?')
  const params = new URLSearchParams(search)
  const app = here().params.get('app')
  if (app && !params.has('app')) params.set('app', app)
  return `${BASE}${path && `/${path}`}${params.size > 0 ? `?${params}` : ''}`
}

/** Returns the scroll position at which the page was left, in px, and forgets it, because a list starts elsewhere after a reload. */
export function takeScroll(): number {
  const { scroll = 0 } = (history.state as { scroll?: number } | null) ?? {}
  if (scroll > 0) history.replaceState(null, '')
  return scroll
}

/** @param to a path below `/console`, with its query. @param replace replaces the history entry, so that Back skips it. */
export function go(to: string, replace = false): void {
  const url = hrefOf(to)
  if (replace) history.replaceState(history.state, '', url)
  else {
    history.replaceState({ scroll: scrollY }, '')
    history.pushState(null, '', url)
    if (new URL(url, location.href).pathname !== cached?.href.split('?')[0]) scrollTo(0, 0)
  }
  changed()
}

/** Changes the query of the current page. Removes empty values. */
export function setParams(values: Record<string, string>, replace = false): void {
  const { path, params } = here()
  const next = new URLSearchParams(params)
  for (const [name, value] of Object.entries(values))
    if (value === '') next.delete(name)
    else next.set(name, value)
  if (next.toString() === params.toString()) return
  go(path + (next.size > 0 ? `?${next}` : ''), replace)
}

/** The open dialog or panel, stored in the address, so that Back closes it and a shared link opens it. */
export function useOpenItem(): { open: string | null; show: (id: string) => void; close: () => void } {
  const open = usePlace().params.get('open')
  return { open, show: (id) => setParams({ open: id }), close: () => setParams({ open: '' }, true) }
}

export function Link({ to, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  usePlace()
  return <a href={hrefOf(to)} onClick={onClick} {...rest} />
}
